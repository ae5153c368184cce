# One image for web and workers. Build with TORCH_INDEX for a CUDA build of torch:
#   docker build --build-arg TORCH_INDEX=<index of the CUDA wheels> -t daam-annotator .
FROM python:3.12-slim AS build
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /src
# Dependencies first: they change less often than the code.
COPY constraints.txt language-model.txt ./
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -c constraints.txt torch
RUN pip install --require-hashes --no-deps -r language-model.txt
COPY pyproject.toml README.md LICENSE ./
COPY annotator annotator
COPY daam_engine daam_engine
COPY workers workers
RUN pip install -c constraints.txt .

FROM python:3.12-slim
# Labels of scales may be Chinese, and are drawn in figures.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 annotator \
    && install -d -o annotator /data/media
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY templates templates
COPY annotator annotator
COPY workers workers
COPY daam_engine daam_engine
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/app/build/static \
    MEDIA_ROOT=/data/media \
    HF_HOME=/data/models
# collectstatic reads the settings but none of the secrets.
RUN SECRET_KEY=unused DATABASE_URL=sqlite:///:memory: BROKER_URL=memory:// ALLOWED_HOSTS=localhost \
    python manage.py collectstatic --noinput \
    && install -d -o annotator /data/models
USER annotator
EXPOSE 8000
CMD ["gunicorn", "annotator.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--access-logfile", "-"]
