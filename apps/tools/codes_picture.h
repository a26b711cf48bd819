#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/figures/picture.h"
#include "hourglass/recipes/picture_options.h"

namespace hourglass::apps {

/// The codes of rows in one picture: of one value over the rows' order, of two or three as they are,
/// wider ones by their first two principal components, as the title says, and indices of a codebook
/// as maps of the first items.
figures::Picture draw_codes(evaluation::ExportedModel& model, const evaluation::Codes& codes,
                            const SelectedRows& rows, const recipes::PictureLook& look);

}  // namespace hourglass::apps
