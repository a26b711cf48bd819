#pragma once

#include "hourglass/figures/ticks.h"

// Private to the room: marks of an axis whose values are moments.

namespace hourglass::figures {

/// Marks at round moments within low … high (seconds since 1970; low < high), at most `most` (≥ 2) of
/// them: whole minutes, hours, days, months or years, and what people divide these into. A mark at
/// midnight says the day, "May 3", one at New Year's the year, others the time, "12:30".
Ticks time_ticks(double low, double high, int most);

}  // namespace hourglass::figures
