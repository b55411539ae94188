// SwiGLU (arXiv 2002.05202): h = silu(gate)·up, silu(g) = g·σ(g), σ(g) = 1/(1 + e^−g).
#include "magnitude.cuh"

constexpr int WIDE = 16 / sizeof(Activation);

/** To the last bits where activations are float32; as good as bf16 can show where they are not. */
__device__ __forceinline__ float sigmoid(float g) {
    if constexpr (sizeof(Activation) == 4) {
        return 1 / (1 + expf(-g));
    } else {
        return fastReciprocal(1 + fastExp2(-1.44269504f * g));
    }
}

/** A place in rows [N, F] that are cut into vectors of WIDTH. */
template <int WIDTH>
struct Place {
    long long row;
    int column;
    bool inside;

    __device__ __forceinline__ Place(int N, int F) {
        const unsigned vectors = static_cast<unsigned>(F / WIDTH);
        const unsigned long long item = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x;
        // Both fit 32 bits in all but giant calls, where one division more does not matter.
        if (item <= 0xffffffffull) {
            row = static_cast<unsigned>(item) / vectors;
            column = static_cast<int>(static_cast<unsigned>(item) % vectors) * WIDTH;
        } else {
            row = static_cast<long long>(item / vectors);
            column = static_cast<int>(item % vectors) * WIDTH;
        }
        inside = row < N;
    }
};

template <int WIDTH>
__device__ __forceinline__ void forward(Activation* h, const Activation* gateUp, int N, int F, Seen& seen) {
    using Pack = Vec<Activation, WIDTH>;
    const Place<WIDTH> place(N, F);
    if (!place.inside) return;
    const Activation* from = gateUp + place.row * 2 * F + place.column;
    Pack gate = *reinterpret_cast<const Pack*>(from);
    const Pack up = *reinterpret_cast<const Pack*>(from + F);
#pragma unroll
    for (int j = 0; j < WIDTH; j++) {
        const float g = toFloat(gate.at[j]);
        gate.at[j] = fromFloat<Activation>(g * sigmoid(g) * toFloat(up.at[j]));
    }
    *reinterpret_cast<Pack*>(h + place.row * F + place.column) = gate;
    seen.see(gate);
}

/** dGate = dh·up·σ(g)·(1 + g·(1 − σ(g))), dUp = dh·silu(g); a thread reads what it overwrites first, so that dGateUp may be gateUp. */
template <int WIDTH>
__device__ __forceinline__ void backward(
    Activation* dGateUp, const Activation* dh, const Activation* gateUp, int N, int F, Seen& seen) {
    using Pack = Vec<Activation, WIDTH>;
    const Place<WIDTH> place(N, F);
    if (!place.inside) return;
    const long long at = place.row * 2 * F + place.column;
    Pack gate = *reinterpret_cast<const Pack*>(gateUp + at);
    Pack up = *reinterpret_cast<const Pack*>(gateUp + at + F);
    const Pack gradient = *reinterpret_cast<const Pack*>(dh + place.row * F + place.column);
#pragma unroll
    for (int j = 0; j < WIDTH; j++) {
        const float g = toFloat(gate.at[j]);
        const float d = toFloat(gradient.at[j]);
        const float s = sigmoid(g);
        gate.at[j] = fromFloat<Activation>(d * toFloat(up.at[j]) * s * (1 + g * (1 - s)));
        up.at[j] = fromFloat<Activation>(d * g * s);
    }
    *reinterpret_cast<Pack*>(dGateUp + at) = gate;
    *reinterpret_cast<Pack*>(dGateUp + at + F) = up;
    seen.see(gate);
    seen.see(up);
}

/** F is a multiple of WIDE and everything is aligned. `largest` as in Seen::leave. */
KERNEL swiglu(Activation* h, const Activation* gateUp, int N, int F, unsigned* largest) {
    Seen seen;
    forward<WIDE>(h, gateUp, N, F, seen);
    seen.leave(largest);
}

KERNEL swiglu_any(Activation* h, const Activation* gateUp, int N, int F) {
    Seen seen;
    forward<1>(h, gateUp, N, F, seen);
}

KERNEL swiglu_backward(Activation* dGateUp, const Activation* dh, const Activation* gateUp, int N, int F, unsigned* largest) {
    Seen seen;
    backward<WIDE>(dGateUp, dh, gateUp, N, F, seen);
    seen.leave(largest);
}

KERNEL swiglu_backward_any(Activation* dGateUp, const Activation* dh, const Activation* gateUp, int N, int F) {
    Seen seen;
    backward<1>(dGateUp, dh, gateUp, N, F, seen);
}
