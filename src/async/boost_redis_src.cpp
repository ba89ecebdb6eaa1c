// The separate-compilation source of Boost.Redis. A file of its own: it is slow to compile, and linked only into what talks to Redis.
#include <boost/redis/src.hpp>
