# An image for CI jobs: docker build -t actsparse . && docker run --rm -v "$PWD:/job" -w /job actsparse run config.json -o out
# It is made of the package of scripts/package, as scripts/walk tries it without Docker.
FROM debian:12 AS build
COPY . /src
RUN apt-get update && /src/scripts/package /packages

FROM debian:12
COPY --from=build /packages/actsparse_*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/actsparse_*.deb && \
    rm -rf /tmp/*.deb /var/lib/apt/lists/*
ENTRYPOINT ["actsparse"]
