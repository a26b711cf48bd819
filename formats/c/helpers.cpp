#include "hourglass/formats/c/helpers.h"

#include <algorithm>

namespace hourglass::formats::c {
namespace {

// ---- Functions of a number

const std::vector<Helper> kActivations = {
    {"relu", R"(/* relu(x) = max(x, 0) */
static float @relu(float x) {
    return x > 0.0f ? x : 0.0f;
}
)"},
    {"leaky_relu", R"(/* leaky_relu(x) = x for x > 0, else slope x */
static float @leaky_relu(float x, float slope) {
    return x > 0.0f ? x : slope * x;
}
)"},
    {"sigmoid", R"(/* sigmoid(x) = 1 / (1 + exp(-x)) */
static float @sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}
)"},
    {"elu", R"(/* elu(x) = scale x for x > 0, else scale alpha (exp(x) - 1) */
static float @elu(float x, float alpha, float scale) {
    return scale * (x > 0.0f ? x : alpha * expm1f(x));
}
)"},
    {"gelu", R"(/* gelu(x) = x P(X <= x) for a standard normal X = x (1 + erf(x / sqrt(2))) / 2 */
static float @gelu(float x) {
    return 0.5f * x * (1.0f + erff(0.707106781f * x));
}
)"},
    {"gelu_tanh",
     R"(/* gelu(x), nearly: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
static float @gelu_tanh(float x) {
    return 0.5f * x * (1.0f + tanhf(0.797884561f * (x + 0.044715f * x * x * x)));
}
)"},
    {"silu", R"(/* silu(x) = x / (1 + exp(-x)) */
static float @silu(float x) {
    return x / (1.0f + expf(-x));
}
)"},
    {"softplus",
     R"(/* softplus(x) = log(1 + exp(beta x)) / beta; x itself where beta x > threshold */
static float @softplus(float x, float beta, float threshold) {
    return beta * x > threshold ? x : log1pf(expf(beta * x)) / beta;
}
)"}};

// ---- Layers of vectors

const std::vector<Helper> kVectorLayers = {
    {"dense", R"(/* y[o] = bias[o] + sum over i of weight[o][i] x[i]; no bias: 0 */
static void @dense(const float *x, long inputs, const float *weight, const float *bias,
    float *y, long outputs) {
    for (long o = 0; o < outputs; ++o) {
        float sum = bias ? bias[o] : 0.0f;
        for (long i = 0; i < inputs; ++i) sum += weight[o * inputs + i] * x[i];
        y[o] = sum;
    }
}
)"},
    {"dense_transposed",
     R"(/* y[o] = bias[o] + sum over i of weight[i][o] x[i]; no bias: 0 */
static void @dense_transposed(const float *x, long inputs, const float *weight,
    const float *bias, float *y, long outputs) {
    for (long o = 0; o < outputs; ++o) {
        float sum = bias ? bias[o] : 0.0f;
        for (long i = 0; i < inputs; ++i) sum += weight[i * outputs + o] * x[i];
        y[o] = sum;
    }
}
)"},
    {"lstm",
     R"(/* An LSTM that begins with h = c = 0. For each step t, with h of the step before:
 *
 *   i = sigmoid(Wi x[t] + Ui h + bi)    what enters       g = tanh(Wg x[t] + Ug h + bg)
 *   f = sigmoid(Wf x[t] + Uf h + bf)    what is kept      c = f c + i g
 *   o = sigmoid(Wo x[t] + Uo h + bo)    what is shown     h = o tanh(c)
 *
 * weight is Wi, Wf, Wg, Wo, one below the other, recurrent Ui, Uf, Ug, Uo, bias bi, bf, bg, bo.
 * y[t] = h, of which steps are `stride` apart; backwards: from the last step to the first.
 * Working memory: cell, which ends as c, of `units`, gates of 4 `units`.
 */
static void @lstm(const float *x, long steps, long inputs, const float *weight,
    const float *recurrent, const float *bias, long units, int backwards,
    float *y, long stride, float *cell, float *gates) {
    const float *h = 0;
    for (long u = 0; u < units; ++u) cell[u] = 0.0f;
    for (long step = 0; step < steps; ++step) {
        const long t = backwards ? steps - 1 - step : step;
        for (long g = 0; g < 4 * units; ++g) {
            float sum = bias ? bias[g] : 0.0f;
            for (long i = 0; i < inputs; ++i) sum += weight[g * inputs + i] * x[t * inputs + i];
            for (long u = 0; h && u < units; ++u) sum += recurrent[g * units + u] * h[u];
            gates[g] = sum;
        }
        for (long u = 0; u < units; ++u) {
            const float enters = @sigmoid(gates[u]);
            const float kept = @sigmoid(gates[units + u]);
            const float candidate = tanhf(gates[2 * units + u]);
            const float shown = @sigmoid(gates[3 * units + u]);
            cell[u] = kept * cell[u] + enters * candidate;
            y[t * stride + u] = shown * tanhf(cell[u]);
        }
        h = y + t * stride;
    }
}
)",
     {"sigmoid"}}};

// ---- Layers of images

const std::vector<Helper> kImageLayers = {
    {"image", R"(/* Sizes of an image: value [c][i][j] of x is x[(c * height + i) * width + j]. */
typedef struct {
    long channels, height, width;
} @image;
)"},
    {"window", R"(/* How a window moves over an image, downwards and to the right. */
typedef struct {
    long size[2], step[2], padding[2], dilation[2];
} @window;
)"},
    {"convolution",
     R"(/* y[o][i][j] = bias[o] + sum over c, k, l of
 *     weight[o][c][k][l] x[c][i step - padding + k dilation][j step - padding + l dilation]
 * with zeros around x, where c are the channels of the group of o; no bias: 0.
 */
static void @convolution(const float *x, @image from, const float *weight,
    const float *bias, @window window, long groups, float *y, @image to) {
    const long channels = from.channels / groups, filters = to.channels / groups;
    for (long o = 0; o < to.channels; ++o)
    for (long i = 0; i < to.height; ++i)
    for (long j = 0; j < to.width; ++j) {
        float sum = bias ? bias[o] : 0.0f;
        for (long c = 0; c < channels; ++c)
        for (long k = 0; k < window.size[0]; ++k) {
            const long row = i * window.step[0] - window.padding[0] + k * window.dilation[0];
            if (row < 0 || row >= from.height) continue;
            const long channel = o / filters * channels + c;
            const float *values = x + (channel * from.height + row) * from.width;
            const float *weights =
                weight + ((o * channels + c) * window.size[0] + k) * window.size[1];
            for (long l = 0; l < window.size[1]; ++l) {
                const long column = j * window.step[1] - window.padding[1] + l * window.dilation[1];
                if (column >= 0 && column < from.width) sum += weights[l] * values[column];
            }
        }
        y[(o * to.height + i) * to.width + j] = sum;
    }
}
)",
     {"image", "window"}},
    {"transposed_convolution",
     R"(/* y[o] = bias[o] everywhere; then every x[c][i][j] adds weight[c][o][k][l] x[c][i][j] to
 *     y[o][i step - padding + k dilation][j step - padding + l dilation]
 * where that is within y, for the filters o of the group of c; no bias: 0.
 */
static void @transposed_convolution(const float *x, @image from, const float *weight,
    const float *bias, @window window, long groups, float *y, @image to) {
    const long channels = from.channels / groups, filters = to.channels / groups;
    const long size = to.height * to.width;
    for (long o = 0; o < to.channels; ++o)
        for (long i = 0; i < size; ++i) y[o * size + i] = bias ? bias[o] : 0.0f;
    for (long c = 0; c < from.channels; ++c)
    for (long i = 0; i < from.height; ++i)
    for (long j = 0; j < from.width; ++j) {
        const float value = x[(c * from.height + i) * from.width + j];
        for (long o = 0; o < filters; ++o)
        for (long k = 0; k < window.size[0]; ++k) {
            const long row = i * window.step[0] - window.padding[0] + k * window.dilation[0];
            if (row < 0 || row >= to.height) continue;
            const long channel = c / channels * filters + o;
            float *values = y + (channel * to.height + row) * to.width;
            const float *weights =
                weight + ((c * filters + o) * window.size[0] + k) * window.size[1];
            for (long l = 0; l < window.size[1]; ++l) {
                const long column = j * window.step[1] - window.padding[1] + l * window.dilation[1];
                if (column >= 0 && column < to.width) values[column] += weights[l] * value;
            }
        }
    }
}
)",
     {"image", "window"}},
    {"greatest", R"(/* y = the k greatest of n values, in falling order */
static void @greatest(const float *x, long n, float *y, long k) {
    long found = 0;
    for (long i = 0; i < n; ++i) {
        if (found == k && !(x[i] > y[k - 1])) continue;
        long at = found < k ? found++ : k - 1;
        for (; at > 0 && y[at - 1] < x[i]; --at) y[at] = y[at - 1];
        y[at] = x[i];
    }
}
)"},
    {"max_pool",
     R"(/* y[c][i][j] = the greatest value of x[c] in the window at i, j */
static void @max_pool(const float *x, @image from, @window window,
    float *y, @image to) {
    for (long c = 0; c < to.channels; ++c)
    for (long i = 0; i < to.height; ++i)
    for (long j = 0; j < to.width; ++j) {
        float best = 0.0f;
        int found = 0;
        for (long k = 0; k < window.size[0]; ++k)
        for (long l = 0; l < window.size[1]; ++l) {
            const long row = i * window.step[0] - window.padding[0] + k * window.dilation[0];
            const long column = j * window.step[1] - window.padding[1] + l * window.dilation[1];
            if (row < 0 || row >= from.height || column < 0 || column >= from.width) continue;
            const float value = x[(c * from.height + row) * from.width + column];
            if (!found || value > best) best = value;
            found = 1;
        }
        y[(c * to.height + i) * to.width + j] = best;
    }
}
)",
     {"image", "window"}},
    {"average_pool",
     R"(/* y[c][i][j] = the mean of x[c] in the window at i, j, as far as that is within x */
static void @average_pool(const float *x, @image from, @window window,
    float *y, @image to) {
    for (long c = 0; c < to.channels; ++c)
    for (long i = 0; i < to.height; ++i)
    for (long j = 0; j < to.width; ++j) {
        float sum = 0.0f;
        long count = 0;
        for (long k = 0; k < window.size[0]; ++k)
        for (long l = 0; l < window.size[1]; ++l) {
            const long row = i * window.step[0] - window.padding[0] + k * window.dilation[0];
            const long column = j * window.step[1] - window.padding[1] + l * window.dilation[1];
            if (row < 0 || row >= from.height || column < 0 || column >= from.width) continue;
            sum += x[(c * from.height + row) * from.width + column];
            ++count;
        }
        y[(c * to.height + i) * to.width + j] = sum / (float)count;
    }
}
)",
     {"image", "window"}},
    {"upsample",
     R"(/* y[c][i][j] = x[c][i / n][j / m]: every value n x m times */
static void @upsample(const float *x, @image from, float *y, @image to) {
    const long n = to.height / from.height, m = to.width / from.width;
    for (long c = 0; c < to.channels; ++c)
    for (long i = 0; i < to.height; ++i)
    for (long j = 0; j < to.width; ++j)
        y[(c * to.height + i) * to.width + j] = x[(c * from.height + i / n) * from.width + j / m];
}
)",
     {"image"}}};

std::string with_prefix(const std::string& text, const std::string& prefix) {
  std::string result;
  for (const char c : text) {
    if (c == '@') {
      result += prefix + "_";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

const std::vector<Helper>& helpers() {
  static const std::vector<Helper> all = [] {
    std::vector<Helper> joined = kActivations;
    joined.insert(joined.end(), kVectorLayers.begin(), kVectorLayers.end());
    joined.insert(joined.end(), kImageLayers.begin(), kImageLayers.end());
    return joined;
  }();
  return all;
}

std::string helper_texts(const std::set<std::string>& wanted, const std::string& prefix) {
  std::set<std::string> all = wanted;
  for (const auto& helper : helpers()) {
    if (wanted.contains(helper.name)) all.insert(helper.needs.begin(), helper.needs.end());
  }
  std::string texts;
  for (const auto& helper : helpers()) {
    if (all.contains(helper.name)) texts += with_prefix(helper.text, prefix) + "\n";
  }
  return texts;
}

}  // namespace hourglass::formats::c
