// StridedCopy as the operations use it, on every device and type.
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

constexpr DType kTypes[] = {DType::kF32, DType::kBF16, DType::kI32, DType::kU8};

HostTensor Numbered(const Shape& shape, DType dtype) { return Uniform(shape, dtype, 1, 0, 255); }

// y = x with its dimensions permuted by `order`.
void ExpectPermute(const Shape& shape, const std::vector<int>& order, DType dtype) {
  SCOPED_TRACE(::testing::Message() << "permute " << dtype << shape);
  const HostTensor x = Numbered(shape, dtype);
  const Strides x_strides = RowMajorStrides(shape);
  StridedCopyArgs args;
  for (size_t d = 0; d < order.size(); ++d) {
    args.extent.Append(shape.dim(order[d]));
    args.x_strides[d] = x_strides[order[d]];
  }
  args.y_strides = RowMajorStrides(args.extent);
  ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
    args.x = run.Input(x);
    args.y = run.Output(args.extent, dtype);
    run.backend().StridedCopy(args);
  });
}

TEST(StridedCopySuite, Permute) {
  for (DType dtype : kTypes) {
    ExpectPermute({5}, {0}, dtype);
    ExpectPermute({5, 7}, {1, 0}, dtype);
    ExpectPermute({2, 5, 3}, {0, 1, 2}, dtype);
    ExpectPermute({2, 5, 7, 3}, {0, 3, 1, 2}, dtype);
    ExpectPermute({2, 3, 5, 7}, {0, 2, 3, 1}, dtype);
    ExpectPermute({4, 3, 3, 9}, {3, 1, 2, 0}, dtype);
    ExpectPermute({2, 3, 2, 4, 3, 2}, {5, 2, 0, 4, 1, 3}, dtype);
    ExpectPermute({1, 3, 1, 4}, {3, 0, 2, 1}, dtype);
    ExpectPermute({8, 32, 32, 16}, {0, 3, 1, 2}, dtype);
  }
}

TEST(StridedCopySuite, Slice) {
  for (DType dtype : kTypes) {
    SCOPED_TRACE(dtype);
    const HostTensor x = Numbered({3, 8, 9, 5}, dtype);
    const Strides strides = RowMajorStrides(x.shape);
    StridedCopyArgs args;
    args.extent = {2, 3, 4, 3};
    args.x_strides = {strides[0], 2 * strides[1], 2 * strides[2], strides[3]};  // every second pixel
    args.x_offset = strides[0] + strides[1] + 2 * strides[2] + strides[3];
    args.y_strides = RowMajorStrides(args.extent);
    ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
      args.x = run.Input(x);
      args.y = run.Output(args.extent, dtype);
      run.backend().StridedCopy(args);
    });
  }
}

TEST(StridedCopySuite, PadWritesTheBoxAndNothingElse) {
  for (DType dtype : kTypes) {
    SCOPED_TRACE(dtype);
    const HostTensor x = Numbered({2, 3, 4, 5}, dtype), frame = Numbered({2, 6, 7, 6}, dtype);
    const Strides strides = RowMajorStrides(frame.shape);
    StridedCopyArgs args;
    args.extent = x.shape;
    args.x_strides = RowMajorStrides(x.shape);
    args.y_strides = strides;
    args.y_offset = 2 * strides[1] + strides[2] + strides[3];
    ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
      args.x = run.Input(x);
      args.y = run.InOut(frame);
      run.backend().StridedCopy(args);
    });
  }
}

TEST(StridedCopySuite, Broadcast) {
  const std::pair<Shape, Shape> cases[] = {{{}, {3, 5}},
                                           {{1}, {1001}},
                                           {{5}, {2, 3, 5}},
                                           {{2, 1, 1, 6}, {2, 4, 5, 6}},
                                           {{2, 4, 5, 1}, {2, 4, 5, 6}},
                                           {{1, 4, 4, 16}, {8, 4, 4, 16}},
                                           {{1, 2, 1, 3, 1, 2}, {2, 2, 3, 3, 2, 2}}};
  for (DType dtype : kTypes) {
    for (const auto& [from, to] : cases) {
      SCOPED_TRACE(::testing::Message() << dtype << from << " to " << to);
      const HostTensor x = Numbered(from, dtype);
      StridedCopyArgs args;
      args.extent = to;
      args.x_strides = BroadcastStrides(from, to);
      args.y_strides = RowMajorStrides(to);
      ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
        args.x = run.Input(x);
        args.y = run.Output(args.extent, dtype);
        run.backend().StridedCopy(args);
      });
    }
  }
}

TEST(StridedCopySuite, Concat) {
  for (DType dtype : kTypes) {
    for (int axis = 0; axis < 3; ++axis) {
      SCOPED_TRACE(::testing::Message() << dtype << " along " << axis);
      Shape left = {3, 4, 5}, right = left, joined = left;
      right.set_dim(axis, 2);
      joined.set_dim(axis, left.dim(axis) + 2);
      const HostTensor a = Numbered(left, dtype), b = Numbered(right, dtype);
      ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
        StridedCopyArgs args;
        args.y = run.Output(joined, dtype);
        args.y_strides = RowMajorStrides(joined);
        for (const HostTensor* part : {&a, &b}) {
          args.x = run.Input(*part);
          args.extent = part->shape;
          args.x_strides = RowMajorStrides(part->shape);
          args.y_offset = part == &a ? 0 : left.dim(axis) * args.y_strides[axis];
          run.backend().StridedCopy(args);
        }
      });
    }
  }
}

TEST(StridedCopySuite, OneElement) {
  for (DType dtype : kTypes) {
    ExpectMatchesRefInSameTypes(Exact(), [&](KernelRun& run) {
      StridedCopyArgs args;
      args.x = run.Input(Numbered({7}, dtype));
      args.y = run.InOut(Numbered({5}, dtype));
      args.x_offset = 6;
      args.y_offset = 4;
      run.backend().StridedCopy(args);
    });
  }
}

}  // namespace
}  // namespace sg::testing
