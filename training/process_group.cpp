#include "hourglass/training/process_group.h"

#include "hourglass/core/error.h"

#ifdef USE_C10D_GLOO

#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <netdb.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace hourglass::training {
namespace {

// How long a process may be away, writing a checkpoint say, before the others take it for dead. One
// that ends is noticed at once.
constexpr std::chrono::minutes kPatience{10};
constexpr std::chrono::minutes kPatienceAtStart{5};

/// The address under which this machine speaks to `host`: of all its addresses the one that others in
/// the group can answer to. Connecting a datagram socket sends nothing.
std::string own_address_towards(const std::string& host, int64_t port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw Error("MASTER_ADDR: expected a machine's name or address, found '{}', which is unknown",
                host);
  }
  std::string address;
  for (const addrinfo* at = found; at && address.empty(); at = at->ai_next) {
    const int socket = ::socket(at->ai_family, SOCK_DGRAM, 0);
    if (socket < 0) continue;
    sockaddr_storage own = {};
    socklen_t size = sizeof(own);
    std::array<char, NI_MAXHOST> text = {};
    auto* plain = reinterpret_cast<sockaddr*>(&own);
    if (::connect(socket, at->ai_addr, at->ai_addrlen) == 0 &&
        ::getsockname(socket, plain, &size) == 0 &&
        ::getnameinfo(plain, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      address = text.data();
    }
    ::close(socket);
  }
  ::freeaddrinfo(found);
  if (address.empty())
    throw Error("MASTER_ADDR {}: expected one that is reachable from here", host);
  return address;
}

/// What c10d logs of a lost process is a page of its own functions; ours is a line. Who wants it sets
/// the variable.
void silence_c10d() {
  ::setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*overwrite=*/0);
  c10::initLogging();
}

// Whether a thread of Gloo's wrote to a process that had ended. Gloo then loses the piece that it was
// sending, and waits for it until its time is up: we look here meanwhile.
std::atomic<bool> connection_broke = false;
constexpr std::chrono::milliseconds kLookAgain{200};

/// Without it, the signal of such a write would end this process without a word. One in the main
/// thread says that nobody reads our output any more, which does not end the others' work.
void note_broken_connection(int) {
  if (::gettid() != ::getpid()) connection_broke = true;
}

class GlooProcesses : public Processes {
 public:
  explicit GlooProcesses(const Launch& launch) : launch_(launch) {
    silence_c10d();
    std::signal(SIGPIPE, note_broken_connection);
    try {
      meet();
    } catch (const Error&) {
      throw;
    } catch (const std::exception&) {
      throw Error(
          "process {} of {}: expected the others at {}:{} within {} minutes, found none or not "
          "all; "
          "were all started, with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE?",
          launch_.rank, launch_.count, launch_.address, launch_.port, kPatienceAtStart.count());
    }
  }

  int64_t count() const override { return launch_.count; }
  int64_t rank() const override { return launch_.rank; }
  int64_t count_here() const override { return launch_.local_count; }

  void sum(const at::Tensor& values) const override {
    in_place(values, [&](std::vector<at::Tensor>& plain) { return group_->allreduce(plain); });
  }

  void broadcast(const at::Tensor& values) const override {
    in_place(values, [&](std::vector<at::Tensor>& plain) { return group_->broadcast(plain); });
  }

  Gathered gather(const at::Tensor& rows) const override {
    const at::NoGradGuard no_grad;
    // All give as many rows as the one that has most; what is too much is cut off again.
    const at::Tensor counts = at::cat(gather_alike(at::full({1}, rows.size(0), at::kLong)));
    const auto* count = counts.const_data_ptr<int64_t>();
    const int64_t most = *std::max_element(count, count + launch_.count);
    at::Tensor padded = rows.cpu().contiguous();
    if (rows.size(0) < most) {
      auto sizes = rows.sizes().vec();
      sizes.front() = most - rows.size(0);
      padded = at::cat({padded, at::zeros(sizes, padded.options())});
    }
    std::vector<at::Tensor> parts = gather_alike(padded);
    Gathered gathered;
    for (int64_t rank = 0; rank < launch_.count; ++rank) {
      if (rank < launch_.rank) gathered.first += count[rank];
      auto& part = parts[static_cast<size_t>(rank)];
      part = part.narrow(0, 0, count[rank]);
    }
    gathered.rows = at::cat(parts).to(rows.device());
    return gathered;
  }

 private:
  Launch launch_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;

  void meet() {
    c10d::TCPStoreOptions at;
    at.port = static_cast<uint16_t>(launch_.port);
    at.isServer = launch_.rank == 0 && !launch_.is_hosted;
    at.numWorkers = static_cast<size_t>(launch_.count);
    at.waitWorkers = false;
    at.timeout = kPatienceAtStart;
    store_ = c10::make_intrusive<c10d::TCPStore>(launch_.address, at);
    store_ = c10::make_intrusive<c10d::PrefixStore>("hourglass/" + launch_.attempt, store_);
    const auto options = c10d::ProcessGroupGloo::Options::create(kPatienceAtStart);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    options->devices.push_back(
        interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                  : c10d::ProcessGroupGloo::createDeviceForHostname(
                        own_address_towards(launch_.address, launch_.port)));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(launch_.rank),
                                                         static_cast<int>(launch_.count), options);
    at::Tensor hello = at::zeros({1});
    std::vector<at::Tensor> all = {hello};
    group_->allreduce(all)->wait();
    group_->setTimeout(kPatience);
  }

  /// Waits for what `start` gives. Gloo has its own kinds of failure, of which a user has nothing.
  template <class Start>
  void finish(Start start) const {
    try {
      await(*start());
    } catch (const std::exception&) {
      throw Error(
          "process {} of {}: another process of the run has ended, or was not heard of for {} "
          "minutes",
          launch_.rank, launch_.count, kPatience.count());
    }
  }

  void await(c10d::Work& work) const {
    while (!connection_broke) {
      try {
        work.wait(kLookAgain);
        return;
      } catch (const std::exception&) {
        if (work.isCompleted()) throw;
      }
    }
    // Its destructor would wait for what was lost: one reference too many keeps it from running.
    c10::intrusive_ptr<c10d::ProcessGroupGloo>(group_).release();
    throw std::runtime_error("connection broke");
  }

  /// Gloo takes contiguous tensors on the CPU.
  template <class Start>
  void in_place(const at::Tensor& values, Start start) const {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> plain = {values.detach().cpu().contiguous()};
    finish([&] { return start(plain); });
    if (plain.front().data_ptr() != values.data_ptr()) values.detach().copy_(plain.front());
  }

  std::vector<at::Tensor> gather_alike(const at::Tensor& rows) const {
    std::vector<std::vector<at::Tensor>> parts(1);
    for (int64_t rank = 0; rank < launch_.count; ++rank) {
      parts.front().push_back(at::empty_like(rows));
    }
    std::vector<at::Tensor> own = {rows};
    finish([&] { return group_->allgather(parts, own); });
    return std::move(parts.front());
  }
};

}  // namespace

std::unique_ptr<Processes> join_processes(const Launch& launch) {
  return std::make_unique<GlooProcesses>(launch);
}

}  // namespace hourglass::training

#else

namespace hourglass::training {

std::unique_ptr<Processes> join_processes(const Launch& launch) {
  throw Error(
      "process {} of {}: this program was built without Gloo's headers (Debian: libgloo-dev), so "
      "it "
      "trains in one process",
      launch.rank, launch.count);
}

}  // namespace hourglass::training

#endif

namespace hourglass::training {

std::unique_ptr<Processes> join_processes() {
  const auto launch = launch_from_environment();
  return launch ? join_processes(*launch) : std::make_unique<Processes>();
}

}  // namespace hourglass::training
