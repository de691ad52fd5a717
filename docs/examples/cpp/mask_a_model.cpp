// mask_a_model CONFIG MASKED.pt: what `actsparse calibrate`, `step` and `apply` do, in a program's own loop.
#include <actsparse/base/error.h>
#include <actsparse/config/config.h>
#include <actsparse/data/batch_source.h>
#include <actsparse/model/load_model.h>
#include <actsparse/sparsifier/activation_sparsifier.h>

#include <iostream>

namespace {

void mask(const actsparse::Config& config, const std::string& masked_file) {
  const auto model = actsparse::load_model(config.model.path.string());
  actsparse::ActivationSparsifier sparsifier(model, {}, config.defaults);
  for (const auto& layer : config.layers) sparsifier.register_layer(layer.name.value(), layer.settings);

  const auto batches = actsparse::open_batches(config.data);  // or tensors of your own
  while (const auto batch = batches->next()) sparsifier.forward(batch->arguments);

  for (const auto& warning : sparsifier.step()) std::cerr << warning.layer << ": " << warning.text << '\n';
  std::cout << sparsifier.to_string() << '\n';
  sparsifier.squash_mask().save(masked_file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: mask_a_model CONFIG MASKED.pt\n";
    return 2;
  }
  try {
    mask(actsparse::load_config(argv[1]), argv[2]);
    return 0;
  } catch (const actsparse::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
  }
}
