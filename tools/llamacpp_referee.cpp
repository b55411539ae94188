// What llama.cpp makes of a GGUF file, as JSON on stdout. Built and called by check_llamacpp.py; no part of Cria's build.
//
//   llamacpp_referee BACKENDS greedy FILE COUNT PROMPT    ids of the prompt, and COUNT more
//   llamacpp_referee BACKENDS nll FILE WINDOW TEXT_FILE   mean -log p of the text's tokens, in windows that begin with BOS
//   llamacpp_referee BACKENDS quantise FILE OUTPUT TYPE   llama.cpp's own file; TYPE is its number of the mixture
//
// BACKENDS: the folder of libggml-cpu-*.so. Keys and values are kept in float32, without flash attention.
#include "ggml-backend.h"
#include "llama.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

llama_model *open_model(const char *file) {
  llama_model *model = llama_model_load_from_file(file, llama_model_default_params());
  if (!model) exit(3);
  return model;
}

llama_context *open_context(llama_model *model, int tokens) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = params.n_ubatch = tokens;
  params.n_threads = params.n_threads_batch = 2;
  params.type_k = params.type_v = GGML_TYPE_F32;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  llama_context *context = llama_init_from_model(model, params);
  if (!context) exit(4);
  return context;
}

std::vector<llama_token> tokenise(const llama_model *model, const std::string &text, bool special) {
  std::vector<llama_token> ids(text.size() + 8);
  int count = llama_tokenize(llama_model_get_vocab(model), text.data(), (int)text.size(), ids.data(), (int)ids.size(), special, false);
  if (count < 0) exit(5);
  ids.resize(count);
  return ids;
}

void print(const char *name, const std::vector<llama_token> &ids, const char *end) {
  printf("\"%s\": [", name);
  for (size_t i = 0; i < ids.size(); i++) printf("%s%d", i ? ", " : "", ids[i]);
  printf("]%s", end);
}

int greedy(const char *file, int count, const std::string &prompt) {
  llama_model *model = open_model(file);
  int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  std::vector<llama_token> ids = tokenise(model, prompt, true);
  llama_context *context = open_context(model, (int)ids.size() + count);
  std::vector<llama_token> made;
  std::vector<llama_token> next = ids;
  double smallest_gap = INFINITY;
  for (int i = 0; i < count; i++) {
    if (llama_decode(context, llama_batch_get_one(next.data(), (int)next.size()))) exit(6);
    const float *logits = llama_get_logits_ith(context, -1);
    int best = 0;
    for (int v = 1; v < vocabulary; v++) best = logits[v] > logits[best] ? v : best;
    for (int v = 0; v < vocabulary; v++) {
      if (v != best) smallest_gap = std::fmin(smallest_gap, logits[best] - logits[v]);
    }
    made.push_back(best);
    next = {best};
  }
  printf("{");
  print("prompt_ids", ids, ", ");
  print("ids", made, ", ");
  printf("\"smallest_gap\": %.6f}\n", smallest_gap);
  return 0;
}

int nll(const char *file, int window, const char *text_file) {
  std::ifstream in(text_file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  llama_model *model = open_model(file);
  const llama_vocab *vocab = llama_model_get_vocab(model);
  int vocabulary = llama_vocab_n_tokens(vocab);
  std::vector<llama_token> ids = tokenise(model, text.str(), false);
  llama_context *context = open_context(model, window);
  llama_batch batch = llama_batch_init(window, 0, 1);
  double sum = 0;
  for (size_t from = 0; from < ids.size(); from += window - 1) {
    int scored = (int)std::min<size_t>(window - 1, ids.size() - from);
    llama_memory_clear(llama_get_memory(context), true);
    batch.n_tokens = scored;
    for (int i = 0; i < scored; i++) {
      batch.token[i] = i ? ids[from + i - 1] : llama_vocab_bos(vocab);
      batch.pos[i] = i;
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = true;
    }
    if (llama_decode(context, batch)) exit(6);
    for (int i = 0; i < scored; i++) {
      const float *logits = llama_get_logits_ith(context, i);
      double total = 0;
      for (int v = 0; v < vocabulary; v++) total += std::exp((double)logits[v] - logits[ids[from + i]]);
      sum += std::log(total);
    }
  }
  printf("{\"tokens\": %zu, \"nll\": %.8f}\n", ids.size(), sum / ids.size());
  return 0;
}

int quantise(const char *file, const char *output, int type) {
  llama_model_quantize_params params = llama_model_quantize_default_params();
  params.nthread = 2;
  params.ftype = (llama_ftype)type;
  return llama_model_quantize(file, output, &params) ? 7 : 0;
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 6) return 2;
  llama_log_set(
      [](ggml_log_level level, const char *text, void *) {
        if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
      },
      nullptr);
  ggml_backend_load_all_from_path(arguments[1]);
  llama_backend_init();
  std::string mode = arguments[2];
  if (mode == "greedy") return greedy(arguments[3], atoi(arguments[4]), arguments[5]);
  if (mode == "nll") return nll(arguments[3], atoi(arguments[4]), arguments[5]);
  if (mode == "quantise") return quantise(arguments[3], arguments[4], atoi(arguments[5]));
  return 2;
}
