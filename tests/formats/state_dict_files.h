#pragma once

#include "hourglass/formats/zip.h"

#include <string>
#include <vector>

// What torch.save of PyTorch 2.13 wrote, as files of its archive.

namespace hourglass::formats {

/// weight = arange(6.).view(2, 3).t() as a Parameter; shared = arange(4., dtype=float64)
/// torch.save({"epoch": 3, "best": 0.25, "name": "é", "big": 2**70, "none": None,
///   "tuple": (1, -2, 3, 4), "size": Size([1, 2]), "type": torch.float32, "device": device("cpu"),
///   "state_dict": OrderedDict(weight=weight, tail=shared[1:3], whole=shared,
///     spread=tensor([7]).expand(2, 3), flag=tensor(True), none=zeros(0, 3, dtype=float16)),
///   "optimizer": {"state": {0: {"step": tensor(5.)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}})
inline std::string checkpoint_pickle() {
  return {
      "\200\002}q\000(X\005\000\000\000epochq\001K\003X\004\000\000\000bestq\002G\077\320"
      "\000\000\000\000\000\000X\004\000\000\000nameq\003X\002\000\000\000\303\251q\004X"
      "\003\000\000\000bigq\005\212\011\000\000\000\000\000\000\000\000@X\004\000\000\000no"
      "neq\006NX\005\000\000\000tupleq\007(K\001J\376\377\377\377K\003K\004tq\010X\004\000"
      "\000\000sizeq\011ctorch\012Size\012q\012K\001K\002\206q\013\205q\014Rq\015X\004\000"
      "\000\000typeq\016ctorch\012float32\012q\017X\006\000\000\000deviceq\020ctorch\012dev"
      "ice\012q\021X\003\000\000\000cpuq\022\205q\023Rq\024X\012\000\000\000state_dictq\025"
      "ccollections\012OrderedDict\012q\026)Rq\027(X\006\000\000\000weightq\030ctorch._util"
      "s\012_rebuild_parameter\012q\031ctorch._utils\012_rebuild_tensor_v2\012q\032((X\007"
      "\000\000\000storageq\033ctorch\012FloatStorage\012q\034X\001\000\000\0000q\035X\003"
      "\000\000\000cpuq\036K\006tq\037QK\000K\003K\002\206q K\001K\003\206q!\211h\026)Rq\"t"
      "q#Rq$\210h\026)Rq%\207q&Rq'X\004\000\000\000tailq(h\032((h\033ctorch\012DoubleStorag"
      "e\012q)X\001\000\000\0001q*h\036K\004tq+QK\001K\002\205q,K\001\205q-\211h\026)Rq.tq/"
      "Rq0X\005\000\000\000wholeq1h\032((h\033h)h*h\036K\004tq2QK\000K\004\205q3K\001\205q4"
      "\211h\026)Rq5tq6Rq7X\006\000\000\000spreadq8h\032((h\033ctorch\012LongStorage\012q9X"
      "\001\000\000\0002q:h\036K\001tq;QK\000K\002K\003\206q<K\000K\000\206q=\211h\026)Rq>t"
      "q\077Rq@X\004\000\000\000flagqAh\032((h\033ctorch\012BoolStorage\012qBX\001\000\000"
      "\0003qCh\036K\001tqDQK\000))\211h\026)RqEtqFRqGh\006h\032((h\033ctorch\012HalfStorag"
      "e\012qHX\001\000\000\0004qIh\036K\000tqJQK\000K\000K\003\206qKK\003K\001\206qL\211h"
      "\026)RqMtqNRqOuX\011\000\000\000optimizerqP}qQ(X\005\000\000\000stateqR}qSK\000}qTX"
      "\004\000\000\000stepqUh\032((h\033h\034X\001\000\000\0005qVh\036K\001tqWQK\000))\211"
      "h\026)RqXtqYRqZssX\014\000\000\000param_groupsq[]q\\}q](X\002\000\000\000lrq^G\077"
      "\271\231\231\231\231\231\232X\006\000\000\000paramsq_]q`K\000auauu.",
      996};
}

/// torch.save({"a": ones(2)}, pickle_protocol=4)
inline std::string pickle_of_protocol_4() {
  return {
      "\200\004\225\222\000\000\000\000\000\000\000}\224\214\001a\224\214\014torch._utils"
      "\224\214\022_rebuild_tensor_v2\224\223\224((\214\007storage\224\214\005torch\224\214"
      "\014FloatStorage\224\223\224\214\0010\224\214\003cpu\224K\002t\224QK\000K\002\205"
      "\224K\001\205\224\211\214\013collections\224\214\013OrderedDict\224\223\224)R\224t"
      "\224R\224s.",
      157};
}

inline std::vector<ZipFile> checkpoint_files() {
  return {
      {"x/data.pkl", checkpoint_pickle()},
      {"x/byteorder", "little"},
      {"x/data/0", std::string("\000\000\000\000\000\000\200\077\000\000\000\100\000\000\100\100"
                               "\000\000\200\100\000\000\240\100",
                               24)},
      {"x/data/1", std::string("\000\000\000\000\000\000\000\000\000\000\000\000\000\000\360\077"
                               "\000\000\000\000\000\000\000\100\000\000\000\000\000\000\010\100",
                               32)},
      {"x/data/2", std::string("\007\000\000\000\000\000\000\000", 8)},
      {"x/data/3", std::string("\001", 1)},
      {"x/data/4", ""},
      {"x/data/5", std::string("\000\000\240\100", 4)},
      {"x/version", "3\n"}};
}

}  // namespace hourglass::formats
