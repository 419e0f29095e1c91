using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes colours, the counterpart of <see cref="RgbModels"/>.</summary>
internal sealed class RgbEncoder(ArithmeticEncoder encoder)
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

    /// <summary>Encodes the colour that follows <paramref name="last"/>, which becomes it.</summary>
    public void Encode(Rgb color, ref Rgb last)
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
            if ((changed & 4) != 0) Near(_greenLow, color.Green & 255, low + (last.Green & 255));
            if ((changed & 16) != 0)
            {
                low = (low + (color.Green & 255) - (last.Green & 255)) / 2;
                Near(_blueLow, color.Blue & 255, low + (last.Blue & 255));
            }

            if ((changed & 8) != 0) Near(_greenHigh, color.Green >> 8, high + (last.Green >> 8));
            if ((changed & 32) != 0)
            {
                high = (high + (color.Green >> 8) - (last.Green >> 8)) / 2;
                Near(_blueHigh, color.Blue >> 8, high + (last.Blue >> 8));
            }
        }

        last = color;
    }

    private void Near(SymbolModel model, int value, int prediction) =>
        encoder.Symbol(model, (value - Math.Clamp(prediction, 0, 255)) & 255);
}
