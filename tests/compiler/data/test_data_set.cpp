// Does every form of data set give the samples, labels and inputs that it holds, and is every fault named?
#include <array>
#include <fstream>
#include <limits>

#include "compiler/data/data_set.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/compiler/data/image_files.h"
#include "tests/npy_text.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

const InputNormalisation kPixels;  // mean 0, deviation 1: inputs are pixel values

InputFormat colour(std::int64_t side) { return {"net.onnx", {3, side, side}, kPixels}; }
InputFormat grey(std::int64_t side) { return {"net.onnx", {1, side, side}, kPixels}; }
InputFormat without_normalisation(std::int64_t side) { return {"net.onnx", {1, side, side}, std::nullopt}; }

void write_image(const fs::path& path, std::int64_t side) {
  fs::create_directories(path.parent_path());
  const auto bytes = png_bytes(test_pattern(side, side));
  write_file(path, std::span<const std::uint8_t>(bytes));
}

/// `images` x 1 x 2 x 2 floats 0, 1, 2, ...
fs::path write_inputs(const fs::path& path, std::int64_t images, const std::string& shape) {
  std::vector<float> values(static_cast<std::size_t>(images * 4));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  write_file(path, npy_text("<f4", "(" + shape + ")", raw_bytes(std::span<const float>(values))));
  return path;
}

}  // namespace

TEST_CASE("folders named by class index give these labels, whatever the order of the folders") {
  TemporaryFolder folder;
  write_image(folder.path() / "10/a.png", 8);
  write_image(folder.path() / "2/b.png", 8);
  write_image(folder.path() / "2/a.png", 8);
  const DataSet data(folder.path(), "", 11, colour(8));
  REQUIRE(data.size() == 3);
  REQUIRE(data.labelled());
  CHECK(data.label(0) == 10);
  CHECK(data.label(1) == 2);
  CHECK(data.name(1) == (folder.path() / "2/a.png").string());
  CHECK_THROWS_WITH(DataSet(folder.path(), "", 10, colour(8)), Contains("'10'") && Contains("0 to 9"));
}

TEST_CASE("folders named by words are classes in sorted order if there is one for each class") {
  TemporaryFolder folder;
  write_image(folder.path() / "dog/a.png", 8);
  write_image(folder.path() / "cat/a.png", 8);
  fs::create_directories(folder.path() / "empty");
  const DataSet data(folder.path(), "", 2, colour(8));
  REQUIRE(data.size() == 2);
  CHECK(data.label(0) == 0);
  CHECK(data.name(0).ends_with("cat/a.png"));
  CHECK_THROWS_WITH(DataSet(folder.path(), "", 3, colour(8)),
                    Contains("found 2 folders") && Contains("expected 3"));
  CHECK(DataSet(folder.path(), "", 0, colour(8)).label(1) == -1);
}

TEST_CASE("an image of the network's size becomes the input unchanged, without and with channel order") {
  TemporaryFolder folder;
  write_image(folder.path() / "a.png", 6);
  const auto pattern = test_pattern(6, 6);
  auto format = colour(6);
  const auto input = DataSet(folder.path(), "", 0, format).input(0);
  CHECK(input[7] == pattern.pixels[7 * 3]);
  CHECK(input[36 + 7] == pattern.pixels[7 * 3 + 1]);
  format.normalisation->bgr = true;
  CHECK(DataSet(folder.path() / "a.png", "", 0, format).input(0)[7] == pattern.pixels[7 * 3 + 2]);
}

TEST_CASE("arrays of pixels are images, grey or in colour, labelled by an array of integers") {
  TemporaryFolder folder;
  const std::array<std::uint8_t, 8> pixels{0, 10, 20, 30, 40, 50, 60, 70};
  const std::array<std::int64_t, 2> labels{3, 0};
  const auto path = folder.path() / "x.npy";
  write_file(path, npy_text("|u1", "(2, 2, 2)", raw_bytes(std::span<const std::uint8_t>(pixels))));
  write_file(folder.path() / "y.npy",
             npy_text("<i8", "(2,)", raw_bytes(std::span<const std::int64_t>(labels))));
  const DataSet data(path, folder.path() / "y.npy", 4, grey(2));
  REQUIRE(data.size() == 2);
  CHECK(data.label(0) == 3);
  const auto input = data.input(1);
  REQUIRE(input.size() == 4);
  CHECK(input[0] == Approx(40));
  CHECK(input[3] == Approx(70));
  CHECK_THROWS_WITH(DataSet(path, folder.path() / "y.npy", 3, grey(2)),
                    Contains("image 0") && Contains("found 3"));
  CHECK_THROWS_WITH(DataSet(path, "", 0, without_normalisation(2)),
                    Contains("net.onnx") && Contains("input.mean"));

  const std::array<std::uint8_t, 12> colours{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  write_file(path, npy_text("|u1", "(1, 2, 2, 3)", raw_bytes(std::span<const std::uint8_t>(colours))));
  CHECK(DataSet(path, "", 0, colour(2)).input(0)[4 + 1] == 5);  // channel 1, pixel 1
}

TEST_CASE("arrays of floats are network inputs as they are and need no normalisation") {
  TemporaryFolder folder;
  const auto path = write_inputs(folder.path() / "x.npy", 3, "3, 1, 2, 2");
  DataSet data(path, "", 0, without_normalisation(2));
  REQUIRE(data.size() == 3);
  CHECK_FALSE(data.labelled());
  CHECK(data.input(2) == std::vector<float>{8, 9, 10, 11});
  CHECK(data.name(2).ends_with("x.npy, image 2"));
  data.keep_first(2);
  CHECK(data.size() == 2);
  data.keep_first(5);
  CHECK(data.size() == 2);
  write_inputs(path, 1, "1, 2, 2");
  CHECK(DataSet(path, "", 0, without_normalisation(2)).input(0) == std::vector<float>{0, 1, 2, 3});
}

TEST_CASE("arrays that are no data set for the network are refused with both shapes") {
  TemporaryFolder folder;
  const auto path = folder.path() / "x.npy";
  const auto open = [&] { return DataSet(path, "", 0, without_normalisation(2)); };
  write_inputs(path, 2, "2, 2, 1, 2");
  CHECK_THROWS_WITH(open(), Contains("2 x 2 x 1 x 2") && Contains("1 x 2 x 2"));
  write_inputs(path, 3, "2, 1, 2, 2");
  CHECK_THROWS_WITH(open(), Contains("bytes"));
  write_file(path, npy_text("<i4", "(1, 1, 2, 2)", std::string(16, '\0')));
  CHECK_THROWS_WITH(open(), Contains("signed integers"));
  write_file(path, npy_text("<u2", "(1, 2, 2)", std::string(8, '\0')));
  CHECK_THROWS_WITH(open(), Contains("uint16"));
  write_file(path, npy_text("<f4", "(0, 1, 2, 2)", ""));
  CHECK_THROWS_WITH(open(), Contains("no images"));
  write_file(path, std::string_view("not an array"));
  CHECK_THROWS_WITH(open(), Contains("NUMPY"));
  const std::array<float, 4> bad{0, 1, std::numeric_limits<float>::quiet_NaN(), 3};
  write_file(path, npy_text("<f4", "(1, 1, 2, 2)", raw_bytes(std::span<const float>(bad))));
  CHECK_THROWS_WITH(open().input(0), Contains("image 0") && Contains("not finite"));
}

TEST_CASE("labels that do not go with the images are refused") {
  TemporaryFolder folder;
  const auto inputs = write_inputs(folder.path() / "x.npy", 2, "2, 1, 2, 2");
  const auto labels = folder.path() / "y.npy";
  const auto open = [&](const fs::path& file) { return DataSet(inputs, file, 10, without_normalisation(2)); };
  write_file(labels, npy_text("<i4", "(3,)", std::string(12, '\0')));
  CHECK_THROWS_WITH(open(labels), Contains("expected 2 integers"));
  write_file(labels, npy_text("<f4", "(2,)", std::string(8, '\0')));
  CHECK_THROWS_WITH(open(labels), Contains("floats"));
  write_file(folder.path() / "y.csv", std::string_view("file,label\na,1\n"));
  CHECK_THROWS_WITH(open(folder.path() / "y.csv"), Contains(".npy"));
  write_image(folder.path() / "a.png", 2);
  CHECK_THROWS_AS(DataSet(folder.path() / "a.png", labels, 10, colour(2)), InputError);
  CHECK_THROWS_WITH(DataSet(folder.path() / "absent", "", 10, colour(2)), Contains("does not exist"));
}
