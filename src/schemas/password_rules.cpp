#include "schemas/password_rules.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace agentic::schemas {

namespace {

// The most tried passwords that are long enough to pass the length rule; lower case, sorted for binary search.
constexpr auto kCommon = std::to_array<std::string_view>({
    "00000000", "000000000", "0000000000", "01234567", "0123456789", "0987654321", "10101010", "11111111", "111111111", "1111111111", "11112222",
    "11223344", "1122334455", "112233445566", "12121212", "12312312", "123123123", "123321123", "12341234", "12344321", "123454321", "123456123",
    "12345678", "123456789", "1234567890", "12345678910", "123456789a", "12345678a", "1234567a", "123456aa", "123456ab", "123456abc", "12345abc",
    "12345qwert", "1234abcd", "1234qwer", "123654789", "123abc123", "123qweasd", "13131313", "147258369", "147852369", "14789632", "147896325",
    "159357258", "159753456", "1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qaz2wsx3edc", "1qazxsw2", "22222222", "33333333", "44444444",
    "55555555", "66666666", "69696969", "741852963", "77777777", "789456123", "87654321", "88888888", "987654321", "9876543210", "99999999",
    "a1234567", "a12345678", "a123456789", "a1b2c3d4", "a1b2c3d4e5", "aa123456", "aaaaaaaa", "aaaaaaaaa", "abc12345", "abc123456", "abcd1234",
    "abcd12345", "abcd123456", "abcdefgh", "abcdefghi", "abcdefghij", "access14", "admin123", "admin1234", "admin12345", "admin@123", "adminadmin",
    "administrator", "agentic1", "agentic123", "agenticplatform", "arsenal1", "asdf1234", "asdfasdf", "asdfghjk", "asdfghjkl", "asshole1",
    "autumn2024", "autumn2025", "azertyuiop", "babygirl", "babygirl1", "barcelona", "baseball", "baseball1", "basketball", "batman123", "blahblah",
    "blink182", "butterfly", "changeit", "changeme", "changeme1", "changeme123", "charlie1", "chelsea1", "chocolate", "computer", "computer1",
    "correcthorsebatterystaple", "corvette", "danielle", "december", "default1", "default123", "dragon123", "elephant", "facebook", "facebook1",
    "ferrari1", "football", "football1", "freedom1", "fuckyou1", "fuckyou123", "google123", "guest123", "guest1234", "hello123", "hello1234",
    "hellohello", "helloworld", "hunter123", "hunter22", "iloveyou", "iloveyou!", "iloveyou1", "iloveyou2", "internet", "internet1", "january1",
    "jennifer", "jessica1", "jordan23", "juventus", "letmein!", "letmein1", "letmein123", "linkedin", "liverpool", "liverpool1", "login123",
    "lovelove", "loveyou1", "master123", "maverick", "mercedes", "michael1", "michelle", "monday123", "monkey123", "mustang1", "mypassword",
    "november", "p@ssw0rd", "p@ssw0rd!", "p@ssw0rd1", "p@ssw0rd123", "p@ssword", "p@ssword1", "pa$$w0rd", "pa$$word", "pass1234", "pass12345",
    "passpass", "passw0rd", "passw0rd!", "passw0rd1", "password", "password!", "password0", "password01", "password1", "password1!", "password12",
    "password123", "password123!", "password1234", "password12345", "password2", "passwort", "passwort1", "pokemon1", "pokemon123", "princess",
    "princess1", "pussycat", "q1w2e3r4", "q1w2e3r4t5", "qazwsx123", "qazwsxedc", "qweasd123", "qweasdzxc", "qwer1234", "qwerty1!", "qwerty12",
    "qwerty123", "qwerty1234", "qwerty12345", "qwerty123456", "qwertyqwerty", "qwertyui", "qwertyuiop", "qwertz123", "qwertzuiop", "root1234",
    "rootroot", "samsung1", "secret12", "secret123", "secretsecret", "september", "shadow123", "spiderman", "spring2024", "spring2025", "startrek",
    "starwars", "starwars1", "summer12", "summer123", "summer2024", "summer2025", "sunshine", "sunshine1", "superman", "superman1", "supersecret",
    "temp1234", "temppass", "test1234", "test12345", "tester123", "testing1", "testing123", "testtest", "thepassword", "toortoor", "trustno1",
    "victoria", "victory1", "welcome!", "welcome1", "welcome1!", "welcome12", "welcome123", "welcome2", "whatever", "whatever1", "winter123",
    "winter2024", "winter2025", "yourpassword", "zaq12wsx", "zaq1zaq1", "zxcvbnm1", "zxcvbnm123",
});
static_assert(std::ranges::is_sorted(kCommon));

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::int64_t code_points(std::string_view text) {
    return std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
}

}  // namespace

bool is_uncommon_password(std::string_view password) { return !std::ranges::binary_search(kCommon, lower(password)); }

void check_password_is_not_email(std::string_view field, std::string_view password, std::string_view email, Violations& violations) {
    const auto chosen = lower(password), address = lower(email);
    if (chosen == address || chosen == address.substr(0, address.find('@'))) violations.push_back({std::string(field), "must not be the e-mail address"});
}

Violations password_violations(std::string_view field, std::string_view password, std::string_view email) {
    Violations violations;
    const auto length = code_points(password);
    if (length < kPasswordCharsMin || length > kPasswordCharsMax) violations.push_back({std::string(field), "must have 8 to 1024 characters"});
    if (!is_uncommon_password(password)) violations.push_back({std::string(field), "must not be one of the most common passwords"});
    check_password_is_not_email(field, password, email, violations);
    return violations;
}

}  // namespace agentic::schemas
