"""The tests that use a GPU. tests/fake_cuda runs them on its stand-in, tools/gpu_check on a real GPU."""

load("//tools/build_defs:defs.bzl", "sg_cc_test")

# Compare every kernel with the reference backend. Tolerances allow for TF32.
DEVICE_SUITE = [
    "affine_sample",
    "bias_act",
    "cast",
    "conv2d",
    "elementwise",
    "in_place",
    "matmul",
    "memory",
    "random",
    "reduce",
    "strided_copy",
    "up_fir_dn",
]

# Operations, layers and the model. Run in full f32, since values are compared with those of other programs.
F32_TESTS = [
    "//tests/engine/autograd:grad_memory_test",
    "//tests/engine/autograd:higher_order_test",
    "//tests/engine/ops:affine_sample_test",
    "//tests/engine/ops:bias_act_test",
    "//tests/engine/ops:broadcast_test",
    "//tests/engine/ops:conv2d_test",
    "//tests/engine/ops:elementwise_test",
    "//tests/engine/ops:in_place_test",
    "//tests/engine/ops:matmul_test",
    "//tests/engine/ops:random_test",
    "//tests/engine/ops:reduce_test",
    "//tests/engine/ops:shape_ops_test",
    "//tests/engine/ops:up_fir_dn_test",
    "//tests/engine/runtime:devices_test",
    "//tests/engine/runtime:out_of_memory_test",
    "//tests/engine/tensor:storage_test",
    "//tests/engine/tensor:tensor_test",
    "//tests/gan/augment:color_test",
    "//tests/gan/augment:cutout_test",
    "//tests/gan/augment:diff_augment_test",
    "//tests/gan/augment:geometry_test",
    "//tests/gan/loss:adversarial_test",
    "//tests/gan/loss:path_length_penalty_test",
    "//tests/gan/loss:r1_penalty_test",
    "//tests/gan/model/stylegan2:discriminator_test",
    "//tests/gan/model/stylegan2:generator_test",
    "//tests/gan/model/common:mapping_network_test",
    "//tests/gan/model/common:minibatch_stddev_test",
    "//tests/gan/model/stylegan2:modulated_conv2d_test",
    "//tests/gan/model/common:resample_test",
    "//tests/gan/model/stylegan2:style_block_test",
    "//tests/gan/model/common:to_rgb_test",
    "//tests/gan/train:nvidia_parity_test",
    "//tests/gan/train:official_parity_test",
    "//tests/gan/train:phases_parity_test",
    "//tests/gan/train:steps_parity_test",
    "//tests/nn/optim:adam_test",
    "//tests/nn/state:checkpoint_test",
    "//tests/nn/optim:ema_test",
    "//tests/nn/layers:equalized_weight_test",
    "//tests/nn:init_test",
]

def device_suite_test(name, deps = []):
    """A test of <name>.cc that compares the kernels of every device with those of the reference backend.

    Args:
      name: one of DEVICE_SUITE, with "_test".
      deps: the dependencies of the test besides the suite and GoogleTest.
    """
    if name[:-len("_test")] not in DEVICE_SUITE:
        fail("%s is missing in DEVICE_SUITE, so no GPU would run it" % name)
    sg_cc_test(
        name = name,
        srcs = [name + ".cc"],
        deps = deps + [
            "//tests/support:device_suite",
            "//third_party/gtest",
        ],
    )
