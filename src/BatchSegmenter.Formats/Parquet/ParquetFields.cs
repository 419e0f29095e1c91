using System.Buffers;
using System.Numerics;
using Parquet;
using Parquet.Schema;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Reads the columns of one row group into columns of points, whatever number type the file has: the values must fit. A null is 0, but a
/// position without a value is a fault.
/// </summary>
/// <param name="group">The row group.</param>
/// <param name="path">The name that messages give.</param>
/// <param name="firstRow">Position of its first row in the file.</param>
internal sealed class ParquetFields(ParquetRowGroupReader group, string path, long firstRow)
{
    private readonly int _rows = (int)group.RowCount;

    /// <summary>Fills the first elements of <paramref name="target"/>, one for each row.</summary>
    /// <param name="field">The column.</param>
    /// <param name="target">Where its values go.</param>
    /// <param name="nullable">Whether a null is 0 instead of a fault.</param>
    /// <param name="scale">What each value is multiplied by.</param>
    public void Read<T>(DataField field, T[] target, bool nullable = true, double scale = 1)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        if (field.ClrType == typeof(T) && !field.IsNullable && scale == 1) Wait(group.ReadAsync<T>(field, target.AsMemory(0, _rows), null, default));
        else if (field.ClrType == typeof(double)) Convert<double, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(float)) Convert<float, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(long)) Convert<long, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(ulong)) Convert<ulong, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(int)) Convert<int, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(uint)) Convert<uint, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(short)) Convert<short, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(ushort)) Convert<ushort, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(sbyte)) Convert<sbyte, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(byte)) Convert<byte, T>(field, target, nullable, scale);
        else if (field.ClrType == typeof(decimal)) Convert<decimal, T>(field, target, nullable, scale);
        else throw NoNumber(field);
    }

    /// <summary>Sets a flag in the rows where the field is true, or a number other than 0.</summary>
    public void ReadFlag(DataField field, ClassificationFlags flag, ClassificationFlags[] target)
    {
        if (field.ClrType != typeof(bool))
        {
            byte[] numbers = ArrayPool<byte>.Shared.Rent(_rows);
            Read(field, numbers);
            for (int i = 0; i < _rows; i++)
                if (numbers[i] != 0) target[i] |= flag;
            ArrayPool<byte>.Shared.Return(numbers);
        }
        else if (field.IsNullable)
        {
            bool?[] values = ArrayPool<bool?>.Shared.Rent(_rows);
            Wait(group.ReadAsync<bool>(field, values.AsMemory(0, _rows), null, default));
            for (int i = 0; i < _rows; i++)
                if (values[i] == true) target[i] |= flag;
            ArrayPool<bool?>.Shared.Return(values);
        }
        else
        {
            bool[] values = ArrayPool<bool>.Shared.Rent(_rows);
            Wait(group.ReadAsync<bool>(field, values.AsMemory(0, _rows), null, default));
            for (int i = 0; i < _rows; i++)
                if (values[i]) target[i] |= flag;
            ArrayPool<bool>.Shared.Return(values);
        }
    }

    /// <summary>Whether a column of this type can be read by <see cref="Read"/> or <see cref="ReadFlag"/>.</summary>
    public static bool IsReadable(DataField field) => !field.IsArray && field.MaxRepetitionLevel == 0
        && (field.ClrType == typeof(decimal) || field.ClrType.IsPrimitive && field.ClrType != typeof(char));

    /// <summary>The library is asynchronous alone, but its streams here are not.</summary>
    private static void Wait(ValueTask task)
    {
        if (task.IsCompleted) task.GetAwaiter().GetResult();
        else task.AsTask().GetAwaiter().GetResult();
    }

    private void Convert<TFrom, TTo>(DataField field, TTo[] target, bool nullable, double scale)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>, IMinMaxValue<TTo>
    {
        if (field.IsNullable)
        {
            TFrom?[] values = ArrayPool<TFrom?>.Shared.Rent(_rows);
            Wait(group.ReadAsync<TFrom>(field, values.AsMemory(0, _rows), null, default));
            for (int i = 0; i < _rows; i++)
            {
                if (values[i] is { } value) target[i] = Checked<TFrom, TTo>(field, value, scale, i);
                else if (nullable) target[i] = TTo.Zero;
                else throw new InvalidPointCloudException(path, null, $"row {firstRow + i} has no {field.Name}; every point needs one.");
            }

            ArrayPool<TFrom?>.Shared.Return(values);
        }
        else
        {
            TFrom[] values = ArrayPool<TFrom>.Shared.Rent(_rows);
            Wait(group.ReadAsync<TFrom>(field, values.AsMemory(0, _rows), null, default));
            for (int i = 0; i < _rows; i++) target[i] = Checked<TFrom, TTo>(field, values[i], scale, i);
            ArrayPool<TFrom>.Shared.Return(values);
        }
    }

    private TTo Checked<TFrom, TTo>(DataField field, TFrom value, double scale, int row)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>, IMinMaxValue<TTo>
    {
        if (typeof(TTo) == typeof(double) || typeof(TTo) == typeof(float)) return TTo.CreateTruncating(value);
        double rounded = Math.Round(double.CreateTruncating(value) * scale);
        if (rounded >= double.CreateTruncating(TTo.MinValue) && rounded <= double.CreateTruncating(TTo.MaxValue)) return TTo.CreateTruncating(rounded);
        throw new InvalidPointCloudException(
            path, null, $"row {firstRow + row} has {field.Name} {value}; {TTo.MinValue} to {TTo.MaxValue} was expected.");
    }

    private UnsupportedPointCloudException NoNumber(DataField field) =>
        new(path, null, $"column {field.Name} is of type {field.ClrType.Name}; a number was expected.");
}
