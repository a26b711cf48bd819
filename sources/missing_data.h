#pragma once

#include "hourglass/core/error.h"

namespace hourglass::sources {

/// The files of a data set are not there, where others would be damaged or of another kind.
class MissingDataError : public Error {
 public:
  using Error::Error;
};

}  // namespace hourglass::sources
