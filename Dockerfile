# The README's two commands in a container.
#
#   docker build -t hourglass .                                   # builds, packs, installs the package
#   docker run --rm -v "$PWD/runs:/runs" hourglass                # trains on the embedded digits; any program by name
#   docker build --target build -t hourglass-build . && docker run --rm hourglass-build scripts/test.sh
#
# PIP_INDEX_URL chooses where pip takes torch from: an index of CPU builds makes a small image.

FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates dpkg-dev file python3 python3-venv
WORKDIR /hourglass
COPY . .
ARG PIP_INDEX_URL
RUN scripts/build.sh && cpack --config build/CPackConfig.cmake -G DEB -B /packages

FROM debian:bookworm-slim
COPY --from=build /packages/*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/hourglass_*.deb \
    && rm -rf /tmp/hourglass_*.deb /var/lib/apt/lists/*
WORKDIR /
ENTRYPOINT ["hourglass"]
CMD ["dense_autoencoder"]
