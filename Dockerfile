# syntax=docker/dockerfile:1
# The server with the built web client and the packages of models/; others can be mounted over /app/models:
#   docker build -t sld-edge .
#   docker run --rm -p 8080:8080 -v "$PWD/models:/app/models:ro" sld-edge

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY runtime/package.json runtime/
COPY pipeline/package.json pipeline/
COPY server/package.json server/
COPY web-client/package.json web-client/
RUN npm ci --workspace server --workspace web-client --workspace runtime
COPY tsconfig.json ./
COPY runtime/ runtime/
COPY server/ server/
COPY web-client/ web-client/
RUN npm run build --workspace server && npm run build --workspace web-client

FROM node:22-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY runtime/package.json runtime/
COPY pipeline/package.json pipeline/
COPY server/package.json server/
COPY web-client/package.json web-client/
# npm installs the workspaces' development dependencies all the same; the server uses neither WebGPU nor what is for debuggers and compilers.
# ONNX Runtime, which FLOAT32_BACKEND=onnx asks for, takes 300 MB: an image that wants it installs onnxruntime-node on top of this one.
RUN npm ci --omit=dev --workspace server --workspace runtime --include-workspace-root=false \
 && npm cache clean --force \
 && rm -rf node_modules/esbuild node_modules/@esbuild node_modules/@types node_modules/helmet \
      node_modules/@tensorflow/tfjs-backend-webgpu node_modules/@webgpu node_modules/onnxruntime-node \
 && mkdir -p server/node_modules \
 && find node_modules server/node_modules \( -name '*.map' -o -name '*.d.ts' \) -delete \
 && find node_modules/@tensorflow \( -name '*.min.js' -o -name '*.fesm.js' -o -name '*.es2017.js' -o -name '*_test.js' \) -delete

FROM node:22-bookworm-slim
# MALLOC_ARENA_MAX: glibc's arenas fragment under libvips' threads.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    PORT=8080 \
    MODELS_DIR=/app/models \
    CLIENT_DIR=/app/web-client/dist
WORKDIR /app
COPY --from=dependencies /app/node_modules/ node_modules/
# Packages whose version at the top is another.
COPY --from=dependencies /app/server/node_modules/ server/node_modules/
COPY --from=build /app/server/package.json server/
COPY --from=build /app/server/dist/ server/dist/
COPY --from=build /app/web-client/dist/ web-client/dist/
COPY models/ models/
# The image's user `node`, by number, so that a platform can tell that it is not root.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/dist/main.js"]
