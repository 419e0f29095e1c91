using System.Numerics;
using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>A layer that a fused node reads, in float or in integers.</summary>
internal unsafe struct FusedLayer
{
    private nint _panels;
    private float* _terms;
    private int _termCount;

    /// <summary>Bias, as many numbers as all panels have columns; of a layer that gives bytes, in steps of these.</summary>
    public float* Bias { get; private set; }

    /// <summary>What sums of bytes are multiplied by, likewise.</summary>
    public float* Factors { get; private set; }

    /// <summary>Numbers of a row that are read; of bytes, filled up to a multiple of <see cref="FusedOperator.ByteDepth"/>.</summary>
    public int Depth { get; private set; }

    /// <summary>Numbers that a row has afterwards.</summary>
    public int Columns { get; private set; }

    /// <summary>Columns of all panels.</summary>
    public int PaddedColumns { get; private set; }

    /// <summary>The step between two bytes that the layer reads; null for one in float.</summary>
    public readonly float? InputStep => _termCount > 1 ? _terms[2] : null;

    /// <summary>Whether four products of bytes and weights fit 16 bits.</summary>
    public readonly bool HasSmallWeights => _terms[3] <= Int8Weights.LargestInFours;

    /// <summary>A layer as its node has it.</summary>
    /// <param name="panels">Of <see cref="FusedOperator.Panels"/> or <see cref="FusedOperator.BytePanels"/>.</param>
    /// <param name="terms">Bias, or <see cref="FusedOperator.ByteTerms"/>.</param>
    public static FusedLayer Of(KernelTensor panels, KernelTensor terms) => new()
    {
        _panels = panels.Contents,
        _terms = (float*)terms.Contents,
        _termCount = terms.Rows is null ? 1 : terms.Columns,
        Depth = panels.Rows ?? 0,
        Columns = terms.Rows ?? terms.Columns,
        PaddedColumns = panels.Columns,
    };

    /// <summary>Whether rows of a width can be read.</summary>
    public readonly bool Reads(int width) => Depth == (InputStep is null ? width : (width + FusedOperator.ByteDepth - 1) / FusedOperator.ByteDepth * FusedOperator.ByteDepth);

    /// <summary>Brings bias and factors into the form that tiles read.</summary>
    /// <param name="room">Zeros, twice as many as all panels have columns.</param>
    /// <param name="nextStep">The step of the bytes that the layer gives; null where it gives numbers.</param>
    public void Prepare(float* room, float? nextStep)
    {
        Bias = room;
        Factors = room + PaddedColumns;
        bool isPooled = _termCount == 6;
        for (int column = 0; column < Columns; column++)
        {
            float* own = _terms + column * _termCount;
            if (_termCount == 1) Bias[column] = own[0];
            else (Factors[column], Bias[column]) = isPooled ? (own[0] / own[4], own[1]) : (own[0] / (nextStep ?? 1), own[1] / (nextStep ?? 1));
        }
    }

    /// <summary>A panel of numbers.</summary>
    public readonly float* Floats(int column) => (float*)_panels + (nint)column * Depth;

    /// <summary>A panel of bytes.</summary>
    public readonly sbyte* Bytes(int column) => (sbyte*)_panels + (nint)column * Depth;

    /// <summary>What the largest sums stand for, rounded to their bytes, plus bias.</summary>
    /// <param name="largest">As many as all panels have columns.</param>
    /// <param name="result">As many, of which those of <see cref="Columns"/> count.</param>
    public readonly void OfLargest(int* largest, float* result)
    {
        (float step, float zero) = (_terms[4], _terms[5]);
        (Vector<float> least, Vector<float> greatest) = (new(-zero), new(byte.MaxValue - zero));
        for (int column = 0; column < PaddedColumns; column += Vector<float>.Count)
        {
            Vector<float> steps = Vector.ConvertToSingle(Vector.Load(largest + column)) * Vector.Load(Factors + column);
            Vector<float> rounded = Vector.Round(Vector.Min(Vector.Max(steps, least), greatest), MidpointRounding.ToEven);
            (rounded * step + Vector.Load(Bias + column)).Store(result + column);
        }
    }
}
