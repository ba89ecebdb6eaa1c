#include <gtest/gtest.h>

#include "services/knowledge/context_text.hpp"
#include "services/knowledge/digest.hpp"
#include "services/knowledge/job_kinds.hpp"
#include "services/knowledge/knowledge_service.hpp"

namespace agentic::services {
namespace {

TEST(DisplayName, LosesDirectoriesAndControlCharacters) {
    EXPECT_EQ(display_name("../../etc/passwd"), "passwd");
    EXPECT_EQ(display_name("C:\\boot\\boot.ini"), "boot.ini");
    EXPECT_EQ(display_name("a\r\nSet-Cookie: b"), "aSet-Cookie: b");
    EXPECT_EQ(display_name(std::string_view("a\0b", 3)), "ab");
    EXPECT_EQ(display_name(".."), "");
    EXPECT_EQ(display_name("dir/"), "");
    EXPECT_EQ(display_name("\xff\xfe"), "");
    EXPECT_EQ(display_name("\xC3\xA9t\xC3\xA9.txt"), "\xC3\xA9t\xC3\xA9.txt");
}

TEST(DisplayName, IsCutAtACodePoint) {
    const auto name = display_name(std::string(254, 'a') + "\xC3\xA9");
    EXPECT_EQ(name, std::string(254, 'a'));
}

TEST(Digest, IsSha256) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(IngestJobs, CarryTheirVersion) {
    EXPECT_EQ(version_of(new_ingest_job({Uuid(), 7}, Timestamp{1})), 7);
    EXPECT_EQ(version_of(new_job(kPurgeJob, Uuid(), Timestamp{1})), 0);
    db::JobRow broken{.payload = {"not JSON"}};
    EXPECT_EQ(version_of(broken), 0);
}

TEST(ContextText, NumbersPassagesAndNamesTheirSources) {
    std::vector<SearchHit> hits(2);
    hits[0].chunk = {.text = "Nine.", .page_number = 3, .section = "Hours", .document_title = "Guide"};
    hits[1].chunk = {.text = "Ten.", .document_title = "Note"};
    EXPECT_EQ(context_text(hits), "[1] Guide, page 3, Hours\nNine.\n\n[2] Note\nTen.");
}

}  // namespace
}  // namespace agentic::services
