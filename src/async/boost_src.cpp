// The separate-compilation sources of Asio (with TLS) and Beast: their templates' bodies are compiled here once.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
