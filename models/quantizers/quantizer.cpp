#include "hourglass/models/quantizers/quantizer.h"

#include "hourglass/core/error.h"
#include "hourglass/models/quantizers/codebook_quantizer.h"
#include "hourglass/models/quantizers/finite_scalar_quantizer.h"
#include "hourglass/models/quantizers/residual_quantizer.h"

namespace hourglass::models {

std::shared_ptr<Quantizer> make_quantizer(const Quantization& quantization,
                                          const CodebookOptions& options, int64_t width) {
  using Kind = Quantization::Kind;
  switch (quantization.kind) {
    case Kind::Ema:
    case Kind::Learned:
      return std::make_shared<CodebookQuantizer>(options, width,
                                                 quantization.kind == Kind::Learned);
    case Kind::Fsq: return std::make_shared<FiniteScalarQuantizer>(quantization.levels, width);
    case Kind::Residual:
      return std::make_shared<ResidualQuantizer>(options, width, quantization.codebooks);
  }
  throw Error("unknown quantizer");
}

}  // namespace hourglass::models
