// Networks that are one chain of convolutions and max pools, ending in fully connected layers or in score
// maps:
//   AlexNet (Krizhevsky et al., NIPS 2012) as Caffe publishes it: 3x227x227, grouped convolutions 2, 4 and 5,
//     without its local response normalisations, which this machine does not have;
//   VGG-19 (Simonyan and Zisserman, arXiv 1409.1556, table 1, column E): 3x224x224;
//   Tiny Darknet (Redmon, pjreddie.com/darknet/tiny-darknet): 3x224x224, LeakyReLU 0.1, batch norms.
#pragma once

#include "workloads/network_builder.h"

namespace npu::workloads {

struct PlainParameters {
  enum class Family { kAlexNet, kVgg, kTinyDarknet };
  Family family = Family::kAlexNet;
};

compiler::Graph build(const PlainParameters& parameters, const BuildOptions& options);

}  // namespace npu::workloads
