#pragma once
// A key and a certificate that vouches for itself, for servers of tests that speak TLS.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace agentic::test {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

/// For one name; `file` holds the certificate.
struct Identity {
    explicit Identity(const std::string& name) : key(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate(X509_new(), X509_free) {
        X509_set_version(certificate.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_set_pubkey(certificate.get(), key.get());
        X509_NAME* subject = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        X509_set_issuer_name(certificate.get(), subject);
        add_extension(NID_basic_constraints, "critical,CA:TRUE");
        add_extension(NID_subject_alt_name, name);
        X509_sign(certificate.get(), key.get(), EVP_sha256());
        file = (std::filesystem::temp_directory_path() / ("agentic-ca-" + std::to_string(::getpid()) + ".pem")).string();
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file.c_str(), "w"), std::fclose);
        PEM_write_X509(out.get(), certificate.get());
    }
    ~Identity() { std::filesystem::remove(file); }
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

    void add_extension(int nid, const std::string& value) {
        const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), X509_EXTENSION_free);
        X509_add_ext(certificate.get(), extension.get(), -1);
    }

    Key key;
    Certificate certificate;
    std::string file;
};

}  // namespace agentic::test
