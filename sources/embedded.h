#pragma once

#include <string_view>

/// Files whose bytes are part of the program (see hourglass_embed in cmake/).
namespace hourglass::sources::embedded {

std::string_view digits_csv();
std::string_view iris_csv();

}  // namespace hourglass::sources::embedded
