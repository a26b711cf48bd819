#pragma once

#include "hourglass/formats/graph.h"
#include "hourglass/models/autoencoder.h"

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace hourglass::testing {

/// A method `forward` as TorchScript, for what no model of ours does. Types go by number there: 6 is
/// float32, 0 is uint8.
struct OnnxProgram {
  std::string name;
  std::vector<models::TensorMethod::Argument> arguments;
  std::string body;  ///< "return torch.exp(x)"
};

/// x [B, 2, 6, 5] real, y the same, i [B, 4] whole numbers in 0 … 6, s [B, 5, 4] a sequence.
inline std::vector<OnnxProgram> onnx_programs() {
  const models::TensorMethod::Argument x = {"x", {2, 6, 5}}, y = {"y", {2, 6, 5}},
                                       i = {"i", {4}, 7}, s = {"s", {5, 4}};
  return {
      {"unary",
       {x},
       "return torch.cat([torch.abs(x - 0.5), torch.ceil(x * 3), torch.cos(x), "
       "torch.erf(x), torch.exp(x), torch.floor(x * 3), torch.log(x + 1), -x, "
       "torch.reciprocal(x + 1), torch.round(x * 3), torch.sign(x - 0.5), "
       "torch.sin(x), torch.sqrt(x), torch.rsqrt(x + 1), torch.log1p(x), "
       "torch.expm1(x), torch.square(x)], 1)"},
      {"activations",
       {x},
       "z = (x - 0.5) * 60\n"
       "return torch.cat([torch.relu(z), torch.selu(z), torch.sigmoid(z), "
       "torch.elu(z, 0.7), torch.leaky_relu(z, 0.2), "
       "torch.gelu(z), torch.gelu(z, approximate='tanh'), torch.silu(z), "
       "torch.softplus(z), torch.softplus(z, 2.0, 5.0), torch.mish(z), "
       "torch.hardtanh(z, -0.5, 2.0), torch.hardsigmoid(z), "
       "torch.hardswish(z), torch.relu6(z), "
       "torch.log_sigmoid(z)], 2)"},
      {"arithmetic",
       {x, y},
       "return (torch.add(x, y, alpha=2) - 1) * 3 / (y + 1.5), "
       "torch.rsub(x, 2), 2 - x, torch.sub(x, y, alpha=0.5), "
       "torch.maximum(x, y), torch.min(x, y), "
       "torch.div(x * 9, y + 1, rounding_mode='trunc'), "
       "torch.div(x * 9 - 5, y + 1, rounding_mode='floor')"},
      {"powers", {x}, "return x ** 2, x ** 3, x ** 0.5, torch.pow(2.0, x), torch.pow(x, x)"},
      {"clamps",
       {x},
       "return torch.clamp(x, 0.2, 0.7), torch.clamp(x, min=0.5), "
       "torch.clamp_max(x, 0.4), torch.clamp(x, max=0.3)"},
      {"comparisons",
       {x, y},
       "return x > y, x >= 0.5, x < y, x <= 0.5, x == y, x != 1, "
       "torch.logical_not(x > y), (x > 0.5).logical_and(y > 0.5), "
       "(x > 0.5).to(dtype=6)"},
      {"choices",
       {x, y},
       "return torch.where(x > 0.5, x, y), "
       "x.masked_fill(y > 0.5, -1.0)"},
      {"whole_numbers",
       {i},
       "return i + 1, i * 2 - i, i.to(dtype=6) / 6, i / 4, i > 3, "
       "i.to(dtype=0), torch.sum(i, 1), torch.max(i, 1)[0], "
       "i.to(dtype=0).to(dtype=6) / 255"},
      {"fills",
       {x},
       "return torch.zeros_like(x), torch.ones_like(x) + x, "
       "torch.full_like(x, 2.5) * x"},
      {"sums",
       {x},
       "return torch.sum(x, [1, 3]), torch.mean(x, [2], True), torch.mean(x, 1), "
       "torch.amax(x, [1, 2]), torch.amin(x, -1), torch.logsumexp(x, 1), "
       "torch.norm(x, 2, [1], True), torch.prod(x, 1), torch.sum(x), torch.mean(x)"},
      {"extremes",
       {x},
       "best, place = torch.max(x, 2)\n"
       "least, where = torch.min(x, -1, True)\n"
       "top, first = torch.topk(x, 3, 2)\n"
       "return best, place, least, where, torch.max(x), torch.argmax(x, 1), "
       "torch.argmin(x, -1, True), torch.argmin(x), top, first"},
      {"places",
       {x},
       "return x.transpose(1, -1), x.permute(0, 3, 1, 2), torch.movedim(x, 1, -1), "
       "torch.movedim(x, [1, 2], [3, 1]), x.flatten(1), x.flatten(2, 3), "
       "x.unsqueeze(1), x[:, 0:1].squeeze(1), x.reshape(-1, 5), "
       "x.reshape(x.size(0) * 2, 6, 5), x.view(-1, 2, 30)"},
      {"parts",
       {x},
       "a, b = torch.chunk(x, 2, 1)\n"
       "c, d = torch.split(x, [2, 4], 2)\n"
       "e, f = torch.unbind(x, 1)\n"
       "return x[:, 1], x[:, :, -1], x[:, :, 1:4, ::2], x.narrow(2, 1, 3), "
       "x[:, :, :-2], a, b, c, d, e, f, x[:1] + x, x[-1:] * x"},
      {"joins",
       {x, y},
       "return torch.cat([x, y], 1), torch.stack([x, y], 2), "
       "torch.stack([x, y], -1), torch.cat([x, y], 0)"},
      {"repeats",
       {x},
       "z = x[:, :, 0].unsqueeze(2)\n"
       "return z.expand(-1, -1, 4, -1), z.expand_as(x) + x, x.repeat(1, 2, 1, 3), "
       "z.expand(z.size(0), 2, 3, 5).reshape(z.size(0), 3, 2, 5)"},
      {"grown",
       {x},
       "z = x.reshape(x.size(0) * 2, 30).unsqueeze(0).expand(3, -1, -1)\n"
       "return z, z.reshape(3, x.size(0), 60), z.sum([0, 1]), "
       "z[:, x.size(0):], torch.zeros_like(z) + z.mean(2, True)"},
      {"lookups",
       {x, i},
       "t = torch.arange(21).to(dtype=6).view(7, 3)\n"
       "return torch.embedding(t, i), torch.index_select(x.flatten(1), 1, i[0]), "
       "torch.gather(x.flatten(1), 1, i)"},
      {"pools",
       {x},
       "return torch.max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], True), "
       "torch.max_pool2d(x, [3, 2], [2, 3], [1, 0], [1, 2], False), "
       "torch.max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], True), "
       "torch.avg_pool2d(x, [2, 2], [2, 2], [0, 0], True), "
       "torch.avg_pool2d(x, [3, 3], [2, 2], [1, 1], False), "
       "torch.avg_pool2d(x, [3, 3], [2, 2], [1, 1], True, False), "
       "torch.adaptive_avg_pool2d(x, [3, 1])"},
      {"pads",
       {x},
       "return torch.constant_pad_nd(x, [1, 2, 0, 3], 0.5), "
       "torch.pad(x, [1, 2, 1, 1], 'reflect'), "
       "torch.pad(x, [1, 0, 2, 1], 'replicate'), "
       "torch.constant_pad_nd(x, [-1, 0, 0, -2])"},
      {"upsampling",
       {x},
       "return torch.upsample_nearest2d(x, [12, 10]), "
       "torch.upsample_nearest2d(x, [13, 9]), "
       "torch.upsample_nearest2d(x, None, [2.5, 1.5]), "
       "torch.upsample_nearest2d(x, [3, 4]), "
       "torch.upsample_bilinear2d(x, [12, 10], False), "
       "torch.upsample_bilinear2d(x, [11, 7], True)"},
      {"convolutions",
       {x},
       "w = torch.arange(24).to(dtype=6).view(3, 2, 2, 2) / 24\n"
       "b = torch.arange(3).to(dtype=6)\n"
       "v = torch.arange(24).to(dtype=6).view(2, 3, 2, 2) / 24\n"
       "u = w[:, :, 0]\n"
       "return torch.conv2d(x, w, b, [2, 1], [1, 0], [1, 2]), "
       "torch.conv2d(x, w, b, [1, 1], 'same'), "
       "torch.conv2d(x, w[:2, :1], None, [1, 1], [0, 0], [1, 1], 2), "
       "torch.conv_transpose2d(x, v, b, [2, 2], [1, 0], [1, 1]), "
       "torch.conv_transpose2d(x, v[:, :1], None, [3, 2], [0, 0], [0, 0], 2), "
       "torch.conv1d(x[:, :, 0], u, b, [2]), "
       "torch.conv_transpose1d(x[:, :, 0], v[:, :, 0], b, [2], [1], [1])"},
      {"products",
       {x},
       "w = torch.arange(20).to(dtype=6).view(4, 5) / 20\n"
       "z = x[:, 0, 0]\n"
       "return torch.linear(x, w), torch.linear(x, w, w[:, 0]), "
       "torch.linear(z, w, w[:, 1]), torch.matmul(x, w.t()), z @ w.t(), "
       "torch.addmm(w[:, 0], z, w.t(), beta=0.5, alpha=2), "
       "torch.bmm(x[:, 0], x[:, 1].transpose(1, 2))"},
      {"normalizations",
       {x},
       "w = torch.arange(5).to(dtype=6)\n"
       "m = w[:2]\n"
       "return torch.layer_norm(x, [5], w, w), torch.layer_norm(x, [6, 5]), "
       "torch.batch_norm(x, None, None, m, m + 1, False, 0.1, 1e-5, False), "
       "torch.softmax(x, 1), torch.log_softmax(x, -1), "
       "torch.prelu(x - 0.5, m)"},
      {"recurrent",
       {s},
       "w = (torch.arange(48).to(dtype=6).view(12, 4) / 24 - 1)\n"
       "r = (torch.arange(36).to(dtype=6).view(12, 3) / 18 - 1)\n"
       "b = r[:, 0]\n"
       "w2 = torch.cat([w, -w[:, :2]], 1)\n"
       "g, gr, gb = w[:9], r[:9], b[:9]\n"
       "h = torch.zeros_like(s[:, 0, :3]).unsqueeze(0).expand(4, -1, -1)\n"
       "k = s[:, 0, :3].unsqueeze(0).expand(4, -1, -1)\n"
       "p = [w, r, b, b, -w, r, b, b, w2, r, b, b, -w2, r, b, b]\n"
       "y, hy, cy = torch.lstm(s, [h, h], p, True, 2, 0., False, True, True)\n"
       "z, hz, cz = torch.lstm(s, [k, k], p, True, 2, 0., False, True, True)\n"
       "t, ht = torch.gru(s, k[:1], [g, gr, gb, gb], True, 1, 0., False, False, True)\n"
       "v, hv, cv = torch.lstm(s.transpose(0, 1), [k[:1], h[:1]], [w, r], False, 1, 0., False, "
       "False, False)\n"
       "return y, hy, cy, z, hz, cz, t, ht, v, hv, cv"},
      {"bytes", {{"x", {2, 6, 5}, 0, /*is_bytes=*/true}}, "return x.to(dtype=6) / 255"},
      {"same_twice", {x}, "y = x + 1\nreturn x, y, y, torch.ones([3])"},
  };
}

/// Gives the module the program as a method.
inline void define(torch::jit::Module& module, const OnnxProgram& program,
                   const std::string& method = "forward") {
  std::string source = "def " + method + "(self";
  for (const auto& argument : program.arguments) source += ", " + argument.name;
  source += "):\n  ";
  for (const char character : program.body) {
    source += character;
    if (character == '\n') source += "  ";
  }
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(source + "\n");
}

}  // namespace hourglass::testing
