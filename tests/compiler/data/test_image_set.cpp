// Are folders and label files read as they stand, with every fault named?
#include <cmath>

#include "compiler/data/csv.h"
#include "compiler/data/image_set.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

class ImageFolder {
 public:
  ImageFolder() {
    for (const char* name : {"b.png", "a.jpg", "C.JPEG", "notes.txt"}) {
      write_file(folder_.path() / name, std::string_view("x"));
    }
  }
  std::filesystem::path csv(const std::string& text) const {
    write_file(folder_.path() / "labels.csv", text);
    return folder_.path() / "labels.csv";
  }
  const std::filesystem::path& path() const { return folder_.path(); }
  std::vector<LabelledImage> read(const std::string& text) const {
    return list_labelled_images(path(), csv(text), 10);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("images are listed by name and other files are left out") {
  const ImageFolder folder;
  const auto images = list_images(folder.path());
  REQUIRE(images.size() == 3);
  CHECK(images[0].path.filename() == "C.JPEG");
  CHECK(images[1].path.filename() == "a.jpg");
  CHECK(images[2].label == -1);
}

TEST_CASE("a missing folder and a folder without images are refused") {
  TemporaryFolder empty;
  CHECK_THROWS_WITH(list_images(empty.path()), Catch::Contains("no images"));
  CHECK_THROWS_AS(list_images(empty.path() / "absent"), InputError);
}

TEST_CASE("labels are read in the file's order whatever the columns' order, quotes and line ends") {
  const ImageFolder folder;
  const auto images = folder.read("wnid,label,file\r\nn1,7,b.png\r\n\r\n\"n,\"\"2\",0,\"a.jpg\"\r\n");
  REQUIRE(images.size() == 2);
  CHECK(images[0].path == folder.path() / "b.png");
  CHECK(images[0].label == 7);
  CHECK(images[1].label == 0);
}

TEST_CASE("every fault of a label file names the file and the line") {
  const ImageFolder folder;
  struct Case {
    const char* text;
    const char* where;
    const char* what;
  };
  for (const auto& c : {Case{"file,class\na.jpg,1\n", "line 1", "'label'"},
                        Case{"file,label\na.jpg,1\nx.jpg,1\n", "line 3", "x.jpg"},
                        Case{"file,label\na.jpg,10\n", "line 2", "0 to 9"},
                        Case{"file,label\na.jpg,-1\n", "line 2", "0 to 9"},
                        Case{"file,label\n\na.jpg,1x\n", "line 3", "'1x'"},
                        Case{"file,label\na.jpg\n", "line 2", "expected 2"},
                        Case{"file,label\n\"a.jpg,1\n", "line 2", "quote"},
                        Case{"file,label\na.jpg,1\na.jpg,2\n", "line 3", "second time"},
                        Case{"file,label\n", "labels.csv", "no images"}, Case{"", "labels.csv", "empty"}}) {
    INFO(c.text);
    CHECK_THROWS_AS(folder.read(c.text), InputError);
    CHECK_THROWS_WITH(folder.read(c.text),
                      Catch::Contains("labels.csv") && Catch::Contains(c.where) && Catch::Contains(c.what));
  }
}

TEST_CASE(
    "synthetic inputs are deterministic, differ by seed, and have zero mean and unit deviation roughly") {
  const MapShape shape{3, 64, 64};
  CHECK(synthetic_input(shape, 1) == synthetic_input(shape, 1));
  CHECK(synthetic_input(shape, 1) != synthetic_input(shape, 2));
  double sum = 0;
  double squares = 0;
  constexpr int kImages = 20;
  for (int seed = 0; seed < kImages; ++seed) {
    for (const float value : synthetic_input(shape, static_cast<std::uint64_t>(seed))) {
      sum += value;
      squares += value * value;
    }
  }
  const double count = static_cast<double>(kImages * shape.elements());
  CHECK(std::abs(sum / count) < 0.3);
  CHECK(std::sqrt(squares / count) == Approx(1.0).margin(0.3));
}

TEST_CASE("synthetic inputs are smooth as photographs are: neighbours are far more alike than strangers") {
  const MapShape shape{3, 64, 64};
  const auto input = synthetic_input(shape, 3);
  double neighbours = 0;
  double strangers = 0;
  for (std::size_t i = 0; i + 1 < 64 * 64; ++i) {
    const double step = input[i + 1] - input[i];
    const double jump = input[(i * 2654435761U) % (64 * 64)] - input[i];
    neighbours += step * step;
    strangers += jump * jump;
  }
  CHECK(neighbours < strangers / 4);
  CHECK(neighbours > strangers / 1000);
}
