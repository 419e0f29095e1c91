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

    /// <summary>Encodes the colour that follows <paramref name="last"/>, which becomes it.</summary>
    public void Encode(ArithmeticEncoder encoder, Rgb color, ref Rgb last)
    {
        int red = color.Red ^ last.Red;
        int green = color.Green ^ last.Green;
        int blue = color.Blue ^ last.Blue;
        bool grey = color.Red == color.Green && color.Red == color.Blue;
        int changed = ((red & 255) != 0 ? 1 : 0) | (red > 255 ? 2 : 0)
            | ((green & 255) != 0 ? 4 : 0) | (green > 255 ? 8 : 0)
            | ((blue & 255) != 0 ? 16 : 0) | (blue > 255 ? 32 : 0)
            | (grey ? 0 : 64);

        encoder.Symbol(_changed, changed);
        int low = (color.Red & 255) - (last.Red & 255);
        int high = (color.Red >> 8) - (last.Red >> 8);
        if ((changed & 1) != 0) encoder.Symbol(_redLow, low & 255);
        if ((changed & 2) != 0) encoder.Symbol(_redHigh, high & 255);
        if (!grey)
        {
            // The order of the symbols is that of the file: both low bytes, then both high bytes.
            if ((changed & 4) != 0) encoder.Symbol(_greenLow, Apart(color.Green & 255, low + (last.Green & 255)));
            if ((changed & 16) != 0)
            {
                low = (low + (color.Green & 255) - (last.Green & 255)) / 2;
                encoder.Symbol(_blueLow, Apart(color.Blue & 255, low + (last.Blue & 255)));
            }

            if ((changed & 8) != 0) encoder.Symbol(_greenHigh, Apart(color.Green >> 8, high + (last.Green >> 8)));
            if ((changed & 32) != 0)
            {
                high = (high + (color.Green >> 8) - (last.Green >> 8)) / 2;
                encoder.Symbol(_blueHigh, Apart(color.Blue >> 8, high + (last.Blue >> 8)));
            }
        }

        last = color;
    }

    private static int Near(int corrector, int prediction) => (corrector + Math.Clamp(prediction, 0, 255)) & 255;

    private static int Apart(int value, int prediction) => (value - Math.Clamp(prediction, 0, 255)) & 255;
}
