#pragma once

#include "hourglass/formats/graph.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::formats {

// The archive of Python's `torch.export` (.pt2), TorchScript's successor: a ZIP file of each method's
// operations as JSON, of the tensors they use, raw, and of texts beside them. Read and written here
// without Python; version 0 of the archive, schema 8 of the programs, ATen's operations (opset 10).
//
// `torch.export.load` gives the program "model", which is `forward`; all methods are there for
// `torch.export.pt2_archive._package.load_pt2`, under their names.

struct Pt2File {
  std::vector<Graph> methods;  ///< with the values of their parameters
  std::string card;            ///< the text of extra/hourglass.json; empty: none
};

/// Replaces `path` in one step by an archive of the methods, for any batch size from 1, with the
/// parameters that they use under their names. Throws `Error` that names operation and layer for an
/// argument that the format cannot tell.
void write_pt2(const std::filesystem::path& path, const Pt2File& file);

/// The inverse, for archives of ours and of Python's `torch.export.save`, of one free size, the
/// batch. Runs no code of the file. Parameters are views of the archive's files, in any strides:
/// those of one file share its memory. Throws `Error` of one line for a file that is damaged, of
/// another kind or version, or that needs more than `Graph` says.
Pt2File read_pt2(const std::filesystem::path& path);

}  // namespace hourglass::formats
