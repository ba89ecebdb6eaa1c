#include "services/tokens.hpp"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <format>
#include <set>
#include <string>
#include <vector>

#include "core/encoding.hpp"

namespace agentic::auth {
namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";
constexpr std::int64_t kNow = 1'800'000'000;
constexpr Timestamp kTime{kNow * 1'000'000};
const std::string kUser = "018f0000-0000-7000-8000-000000000001";
const std::string kTenant = "018f0000-0000-7000-8000-000000000002";
const std::string kSession = "018f0000-0000-7000-8000-000000000003";

AccessTokens tokens() { return *AccessTokens::create({.secret = Secret(std::string(kKey)), .lifetime = std::chrono::seconds(900)}); }

std::string hmac(std::string_view key, std::string_view text, const EVP_MD* md = EVP_sha256()) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    ::HMAC(md, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, &size);
    return {reinterpret_cast<char*>(out), size};
}

std::string token_of(std::string_view header, std::string_view payload, std::string_view key = kKey) {
    const auto text = base64url_encode(header) + "." + base64url_encode(payload);
    return text + "." + base64url_encode(hmac(key, text));
}

constexpr std::string_view kGoodHeader = R"({"alg":"HS256","typ":"JWT"})";

/// The members of a good payload; a test replaces one.
struct Payload {
    std::string sub = '"' + kUser + '"', tid = '"' + kTenant + '"', sid = '"' + kSession + '"';
    std::string type = R"("access")", iss = R"("agentic")", aud = R"("agentic-api")";
    std::string iat = std::to_string(kNow), exp = std::to_string(kNow + 900);
    std::string more;

    std::string text() const {
        return std::format(R"({{"sub":{},"tid":{},"sid":{},"type":{},"iss":{},"aud":{},"iat":{},"exp":{}{}}})", sub, tid, sid, type, iss, aud, iat, exp, more);
    }
};

std::string signed_with(Payload payload) { return token_of(kGoodHeader, payload.text()); }

TEST(AccessTokens, VerifiesWhatItIssued) {
    const auto subject = tokens();
    const auto token = subject.issue(*Uuid::parse(kUser), *Uuid::parse(kTenant), *Uuid::parse(kSession), kTime);
    const auto claims = subject.verify(token, kTime);
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->user_id.to_string(), kUser);
    EXPECT_EQ(claims->tenant_id.to_string(), kTenant);
    EXPECT_EQ(claims->session_id.to_string(), kSession);
    EXPECT_EQ(claims->expires_at_s, kNow + 900);
}

TEST(AccessTokens, AcceptsTheHandMadeTokenTheForgeriesStartFrom) { EXPECT_TRUE(tokens().verify(signed_with({}), kTime)); }

TEST(AccessTokens, ExpiresToTheSecondAndMayComeFromAServerAMinuteAhead) {
    const auto token = signed_with({});
    const auto at = [](std::int64_t s) { return Timestamp{s * 1'000'000}; };
    EXPECT_TRUE(tokens().verify(token, at(kNow + 899)));
    EXPECT_FALSE(tokens().verify(token, at(kNow + 900)));
    EXPECT_TRUE(tokens().verify(token, at(kNow - 1)));
    EXPECT_TRUE(tokens().verify(token, at(kNow - 60)));
    EXPECT_FALSE(tokens().verify(token, at(kNow - 61)));
}

TEST(AccessTokens, RefusesWeakSecretsAndOddTimes) {
    using namespace std::chrono_literals;
    const auto made = AccessTokens::create({.secret = Secret("short"), .lifetime = 25h});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().violations.size(), 2u);
}

TEST(AccessTokens, TwoKeysOnOneThreadDoNotMix) {
    const auto a = tokens();
    const auto b = *AccessTokens::create({.secret = Secret(std::string(32, 'b'))});
    const auto token = a.issue(*Uuid::parse(kUser), *Uuid::parse(kTenant), *Uuid::parse(kSession), kTime);
    EXPECT_FALSE(b.verify(token, kTime));
    EXPECT_TRUE(a.verify(token, kTime));
}

// --- the forgeries ---

void add_headers(std::vector<std::string>& out) {
    const auto payload = Payload{}.text();
    for (const std::string alg : {"none", "None", "nOnE", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", "PS256", "HS1", "HS256 "})
        for (const std::string_view key : {kKey, std::string_view("")}) out.push_back(token_of(std::format(R"({{"alg":"{}","typ":"JWT"}})", alg), payload, key));
    for (const std::string header : {
             R"({"alg":"HS256"})", R"({"typ":"JWT"})", R"({"alg":"HS256","typ":"at+jwt"})", R"({"alg":"HS256","typ":"jwt"})", R"({"alg":"HS256","typ":"JWE"})",
             R"({"typ":"JWT","alg":"HS256"})", R"({"alg": "HS256", "typ": "JWT"})", R"({"alg":["HS256"],"typ":"JWT"})", R"({"alg":null,"typ":"JWT"})",
             R"({"alg":"HS256","alg":"none","typ":"JWT"})", R"({"alg":"none","alg":"HS256","typ":"JWT"})", R"({"alg":"HS256","typ":"JWT","crit":["exp"]})",
             R"({"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false})", R"({"alg":"HS256","typ":"JWT","kid":"../../../../dev/null"})",
             R"({"alg":"HS256","typ":"JWT","kid":"' UNION SELECT 'key"})", R"({"alg":"HS256","typ":"JWT","kid":"key-1"})",
             R"({"alg":"HS256","typ":"JWT","jku":"https://evil.example/keys.json"})", R"({"alg":"HS256","typ":"JWT","x5u":"https://evil.example/cert.pem"})",
             R"({"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":"AAAA"}})", R"({"alg":"HS256","typ":"JWT","x5c":["MIIB"]})", R"({"alg":"HS256","typ":"JWT","zip":"DEF"})",
             R"({"alg":"HS256","typ":"JWT","cty":"JWT"})", R"({"alg":"HS256","typ":"JWT","enc":"A256GCM"})", R"({"alg":"dir","enc":"A256GCM","typ":"JWT"})", "{}", "null", "[]", "\"HS256\"", ""})
        for (const std::string_view key : {kKey, std::string_view("")}) out.push_back(token_of(header, payload, key));
    out.push_back(token_of(R"({"alg":"HS256","typ":"JWT","kid":")" + std::string(2000, 'k') + "\"}", payload));
}

void add_keys(std::vector<std::string>& out) {
    const auto payload = Payload{}.text();
    const std::string pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";
    for (const std::string& key : {std::string(), std::string(1, '\0'), std::string("secret"), std::string("changeme"), std::string(kKey.substr(1)), std::string(kKey) + '0',
                                   std::string(32, '\0'), std::string(32, '0'), pem, std::string("your-jwt-secret-min-32-chars-long"), base64url_encode(kKey), hex_encode(kKey)})
        out.push_back(token_of(kGoodHeader, payload, key));
    const auto text = base64url_encode(kGoodHeader) + "." + base64url_encode(payload);
    for (const auto* md : {EVP_sha1(), EVP_sha384(), EVP_sha512(), EVP_md5()}) out.push_back(text + "." + base64url_encode(hmac(kKey, text, md)));
    out.push_back(text + "." + base64url_encode(hmac(kKey, kGoodHeader)));
    out.push_back(text + "." + base64url_encode(hmac(kKey, payload)));
    out.push_back(text + "." + base64url_encode(hmac(kKey, text).substr(0, 31)));
    out.push_back(text + "." + hex_encode(hmac(kKey, text)));
    out.push_back(text + "." + base64_encode(hmac(kKey, text)));
}

void add_claims(std::vector<std::string>& out) {
    const auto with = [&](auto change) {
        Payload payload;
        change(payload);
        out.push_back(signed_with(payload));
    };
    const auto n = [](std::int64_t offset) { return std::to_string(kNow + offset); };
    for (const std::string& exp : {'"' + n(900) + '"', n(-1), n(0), std::string("0"), std::string("-1"), std::string("9223372036854775808"), std::string("9223372036854775807"),
                                   std::string("1e10"), n(900) + ".0", n(900) + ".5", "0" + n(900), "+" + n(900), std::string("null"), std::string("true"), "[" + n(900) + "]",
                                   std::string("{}"), std::string("\"\""), std::string("99999999999999999999"), std::string("NaN"), std::string("Infinity"), n(86401)})
        with([&](Payload& p) { p.exp = exp; });
    for (const std::string& iat : {'"' + n(0) + '"', n(61), n(899), n(3600), std::string("null"), std::string("-5"), std::string("9223372036854775808"), n(0) + ".0", std::string("0"), std::string("1")})
        with([&](Payload& p) { p.iat = iat; });
    for (const std::string type : {"\"refresh\"", "\"Access\"", "\"\"", "null", "[\"access\"]", "\"access \"", "\"id\"", "\"\\u0061ccess\"", "1"}) with([&](Payload& p) { p.type = type; });
    for (const std::string iss : {"\"\"", "null", "\"Agentic\"", "\"https://agentic\"", "[\"agentic\"]", "\"evil\""}) with([&](Payload& p) { p.iss = iss; });
    for (const std::string aud : {"\"\"", "null", "\"agentic\"", "[\"agentic-api\"]", "[\"agentic-api\",\"other\"]", "\"*\"", "\"other\""}) with([&](Payload& p) { p.aud = aud; });
    for (const std::string& id : {std::string("\"\""), std::string("null"), std::string("1"), std::string("\"' OR 1=1 --\""), '"' + kUser.substr(1) + '"', '"' + kUser + " \"",
                                  std::string("\"{") + kUser + "}\"", std::string("\"00000000-0000-0000-0000-000000000000\""), "[\"" + kUser + "\"]",
                                  std::string("\"urn:uuid:") + kUser + '"'}) {
        with([&](Payload& p) { p.sub = id; });
        with([&](Payload& p) { p.tid = id; });
        with([&](Payload& p) { p.sid = id; });
    }
}

void add_shapes(std::vector<std::string>& out) {
    const auto good = Payload{}.text();
    for (const std::string more : {R"(,"exp":9999999999)", R"(,"sub":"018f0000-0000-7000-8000-000000000009")", R"(,"tid":"018f0000-0000-7000-8000-000000000009")", R"(,"type":"access")",
                                   R"(,"aud":"agentic-api")", R"(,"role":"owner")", R"(,"nbf":1)", R"(,"admin":true)", R"(,"e\u0078p":9999999999)", ","})
        out.push_back(signed_with({.more = more}));
    for (const char* name : {"sub", "tid", "sid", "type", "iss", "aud", "iat", "exp"}) {  // each missing, each misspelt
        auto text = good;
        const auto at = text.find('"' + std::string(name) + "\":");
        auto misspelt = text;
        misspelt.replace(at + 1, 1, "X");
        out.push_back(token_of(kGoodHeader, misspelt));
        auto end = text.find(',', at);
        if (end == std::string::npos) text.erase(at - 1, text.size() - at);
        else text.erase(at, end - at + 1);
        out.push_back(token_of(kGoodHeader, text));
    }
    for (const std::string& payload : {std::string(), std::string("{}"), std::string("null"), std::string("[]"), "[" + good + "]", good + good, " " + good, good + "\n", good + '\0',
                                       "\xEF\xBB\xBF" + good, good.substr(0, good.size() - 1), std::string("{\"sub\":\"") + kUser + "\",,}", std::string(4000, '{')})
        out.push_back(token_of(kGoodHeader, payload));
}

void add_spellings(std::vector<std::string>& out) {
    const auto good = signed_with({});
    const auto dot1 = good.find('.'), dot2 = good.rfind('.');
    const auto header = good.substr(0, dot1), payload = good.substr(dot1 + 1, dot2 - dot1 - 1), signature = good.substr(dot2 + 1);
    for (const std::string& text : {good + "=", good + "==", good + ".", "." + good, header + "=." + payload + "." + signature, header + "." + payload + "=." + signature,
                                    header + "." + payload, header + "." + payload + ".", header + ".." + signature, "." + payload + "." + signature, header + "." + payload + "." + signature + "." + signature,
                                    header + "." + payload + "." + signature + "A", header + "." + payload + "." + signature.substr(1), " " + good, good + " ", good + "\n", good + '\0',
                                    header + " ." + payload + "." + signature, std::string(), std::string("."), std::string(".."), std::string("..."), std::string(1 << 20, 'a'), std::string("null"), std::string("Bearer"),
                                    payload + "." + header + "." + signature, header + "," + payload + "," + signature})
        out.push_back(text);
    // The last character of 43 carries two bits that say nothing: other spellings of the same 32 bytes.
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto last = alphabet.find(good.back());
    for (std::size_t bits = 1; bits < 4; ++bits) out.push_back(good.substr(0, good.size() - 1) + alphabet[last ^ bits]);
    auto flipped = good;
    flipped[dot1 + 5] = flipped[dot1 + 5] == 'A' ? 'B' : 'A';
    out.push_back(flipped);
}

TEST(AccessTokens, AcceptsNoneOfTwoHundredForgeries) {
    std::vector<std::string> forged;
    add_headers(forged);
    add_keys(forged);
    add_claims(forged);
    add_shapes(forged);
    add_spellings(forged);
    const std::set<std::string> distinct(forged.begin(), forged.end());
    EXPECT_GE(distinct.size(), 200u);
    const auto subject = tokens();
    for (const auto& token : distinct) EXPECT_FALSE(subject.verify(token, kTime)) << token.substr(0, 400);
}

TEST(AccessTokens, RefusesEveryOneBitChange) {
    const auto subject = tokens();
    const auto good = signed_with({});
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            auto token = good;
            token[i] = static_cast<char>(token[i] ^ (1 << bit));
            EXPECT_FALSE(subject.verify(token, kTime)) << i << " " << bit;
        }
}

TEST(SecretHash, IsSha256InHex) { EXPECT_EQ(secret_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); }

}  // namespace
}  // namespace agentic::auth
