// A third-party program: it links LibTorch alone, knows nothing of Hourglass, and runs one of its
// models.
//
//   torchscript_consumer MODEL INPUT OUTPUT      OUTPUT gets [forward(x), encode(x),
//   decode(encode(x))]

#include <torch/script.h>

#include <fstream>
#include <iterator>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  torch::jit::Module model = torch::jit::load(argv[1]);
  std::ifstream input(argv[2], std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(input), {});
  const torch::Tensor x = torch::jit::pickle_load(bytes).toTensor();
  const torch::Tensor code = model.get_method("encode")({x}).toTensor();
  const c10::List<torch::Tensor> results(
      {model.forward({x}).toTensor(), code, model.get_method("decode")({code}).toTensor()});
  const std::vector<char> output = torch::jit::pickle_save(results);
  std::ofstream(argv[3], std::ios::binary)
      .write(output.data(), static_cast<std::streamsize>(output.size()));
  return 0;
}
