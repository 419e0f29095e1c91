using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// The colour models of version 2 and of the layered versions: red is predicted by the last red, green and blue also by how
/// much the colours before them moved; a grey point is one symbol.
/// </summary>
internal sealed class RgbModels
{
    private readonly SymbolModel _changed = new(128);
    private readonly SymbolModel _redLow = new(256);
    private readonly SymbolModel _redHigh = new(256);
    private readonly SymbolModel _greenLow = new(256);
    private readonly SymbolModel _greenHigh = new(256);
    private readonly SymbolModel _blueLow = new(256);
    private readonly SymbolModel _blueHigh = new(256);

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        _changed.Reset();
        _redLow.Reset();
        _redHigh.Reset();
        _greenLow.Reset();
        _greenHigh.Reset();
        _blueLow.Reset();
        _blueHigh.Reset();
    }

    /// <summary>Decodes the colour that follows <paramref name="color"/>, in its place.</summary>
    public void Decode(ArithmeticDecoder decoder, ref Rgb color)
    {
        int changed = decoder.Symbol(_changed);
        Rgb last = color;
        int redLow = last.Red & 255;
        int redHigh = last.Red >> 8;
        if ((changed & 1) != 0) redLow = (redLow + decoder.Symbol(_redLow)) & 255;
        if ((changed & 2) != 0) redHigh = (redHigh + decoder.Symbol(_redHigh)) & 255;
        color.Red = (ushort)(redLow | (redHigh << 8));
        if ((changed & 64) == 0)
        {
            color.Green = color.Blue = color.Red;
            return;
        }

        // The order of the symbols is that of the file: both low bytes, then both high bytes.
        int greenLow = last.Green & 255;
        int blueLow = last.Blue & 255;
        int greenHigh = last.Green >> 8;
        int blueHigh = last.Blue >> 8;
        int moved = redLow - (last.Red & 255);
        if ((changed & 4) != 0) greenLow = Near(decoder.Symbol(_greenLow), moved + greenLow);
        if ((changed & 16) != 0)
        {
            moved = (moved + greenLow - (last.Green & 255)) / 2;
            blueLow = Near(decoder.Symbol(_blueLow), moved + blueLow);
        }

        moved = redHigh - (last.Red >> 8);
        if ((changed & 8) != 0) greenHigh = Near(decoder.Symbol(_greenHigh), moved + greenHigh);
        if ((changed & 32) != 0)
        {
            moved = (moved + greenHigh - (last.Green >> 8)) / 2;
            blueHigh = Near(decoder.Symbol(_blueHigh), moved + blueHigh);
        }

        color.Green = (ushort)(greenLow | (greenHigh << 8));
        color.Blue = (ushort)(blueLow | (blueHigh << 8));
    }

    private static int Near(int corrector, int prediction) => (corrector + Math.Clamp(prediction, 0, 255)) & 255;
}
