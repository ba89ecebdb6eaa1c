#include "services/authenticator.hpp"

#include <gtest/gtest.h>

namespace agentic::auth {
namespace {

class FakeAuthenticator final : public Authenticator {
public:
    Task<Authenticated> authenticate(std::string, std::string) override { co_return fail(ErrorCode::not_authenticated, "no"); }
    std::optional<Authenticated> cached(std::string_view, std::string_view) override {
        const Principal principal{.tenant_id = make_uuid_v7(1)};
        return Authenticated{principal, scope_of(principal)};
    }
};

TEST(Authenticator, ScopesAreOfThePrincipalsTenant) {
    FakeAuthenticator fake;
    const auto who = fake.cached("", "");
    ASSERT_TRUE(who);
    EXPECT_EQ(who->tenant.tenant_id(), who->principal.tenant_id);
    EXPECT_FALSE(who->tenant.tenant_id().is_nil());
}

TEST(Authenticator, AnonymousScopeReachesNoTenant) { EXPECT_TRUE(Authenticator::anonymous_scope().tenant_id().is_nil()); }

}  // namespace
}  // namespace agentic::auth
