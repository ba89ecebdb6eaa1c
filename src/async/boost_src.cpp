// The separate-compilation sources of Asio (with TLS): its templates' bodies are compiled here once.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
