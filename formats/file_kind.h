#pragma once

#include <filesystem>
#include <string>

namespace hourglass::formats {

/// What a file holds, by its content: names say little, and .pt is three different things.
enum class FileKind {
  TorchScript,
  StateDictionary,  ///< of torch.save, in a ZIP archive
  Safetensors,
  ExportedProgram,  ///< .pt2, of torch.export
  Onnx,
  NumpyArchive,
  OtherZip,
  BarePickle,  ///< of torch.save before PyTorch 1.6, or of Python's pickle
  Tar,         ///< of torch.save before PyTorch 0.1.10
  WebPage,
  Empty,
  Unknown
};

/// ONNX has no mark of its own and is known by its name; so is a safetensors file that is cut off.
/// Throws `Error` where there is no such file, or where it is a damaged ZIP archive.
FileKind file_kind(const std::filesystem::path& path);

/// What to tell somebody who expected another kind: "NumPy arrays (.npz)", "an ONNX model: use
/// best.pt or best.safetensors".
std::string kind_text(const std::filesystem::path& path, FileKind kind);

}  // namespace hourglass::formats
