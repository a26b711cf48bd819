#include "hourglass/sources/series_options.h"

namespace hourglass::sources {

void SeriesOptions::describe(FieldTable& table) {
  table.add("window", window, "time steps of an item of series:FILE").at_least(2).shown_as("N");
  table.add("stride", stride, "time steps from the begin of a window to that of the next")
      .at_least(1)
      .shown_as("M");
  table
      .add(
          "gaps", gaps,
          "what to do where a series lacks values or its times are not evenly apart: refuse, split "
          "(no window spans the place), fill (resample to the commonest step by linear "
          "interpolation) or mask (fill, and what is made up counts for nothing)")
      .shown_as("HOW");
}

}  // namespace hourglass::sources
