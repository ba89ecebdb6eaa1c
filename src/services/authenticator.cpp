#include "services/authenticator.hpp"
