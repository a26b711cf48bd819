#pragma once

#include "hourglass/formats/script.h"

namespace hourglass::formats {

/// The same model for values as they are stored: bytes 0 … 255, table columns in their units. Methods
/// of items apply the scaling that the card records; `forward` and `decode` give their results in the
/// same units. A column that training found constant, and so became 0, is given back as it was.
///
/// The new card's scaling changes nothing, so that tools take the new file's model for one of
/// unscaled values; parameters keep their names. Throws `Error` where the card records no scaling,
/// and for a model that is told scaled columns beside its items: the scaling is of both, and a
/// condition comes as it is.
Script with_raw_input(const Script& script);

}  // namespace hourglass::formats
