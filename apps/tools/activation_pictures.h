#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/command_line.h"
#include "hourglass/evaluation/activations.h"
#include "hourglass/figures/picture.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// Activations, and what they are of: "mnist, test row".
struct ActivationSubject {
  evaluation::Activations activations;
  std::string title;
};

/// Those of the file that the line names. Throws `UsageError` where the line says what to compute.
ActivationSubject saved_subject(const cli::CommandLine& line);

struct NamedPicture {
  std::string file;  ///< "activations-17.png"
  figures::Picture picture;
};

/// For each row: every layer's output as heat maps ("activations-17.png"); where the input is an
/// image, what each convolutional layer saw in it, laid over it ("heat-17-encoder.conv1.png"); with
/// gradients, those of the input and of the layers ("gradients-17.png"), of the input laid over it
/// ("heat-17-input_gradient.png"), and once those of the weights ("weight_gradients.png"). `title`
/// names where the rows come from; `map` colours values without a sign: grey heat maps and Viridis
/// over the input where there is none. Layers whose output is not one value or more for each row are
/// left out.
std::vector<NamedPicture> draw_activations(const evaluation::Activations& activations,
                                           const std::string& title,
                                           std::optional<ColorMap> map = {});

/// Saves them in the folder of the options, "activations" by default; their paths.
std::vector<std::string> save_pictures(const std::vector<NamedPicture>& pictures,
                                       const OutputOptions& options);

}  // namespace hourglass::apps
