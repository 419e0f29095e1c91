using BatchSegmenter.Pipeline.Stages;
using Microsoft.Win32.SafeHandles;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>A file that is appended to and read at any place, and removed when it is closed. Not for several threads at a time.</summary>
internal sealed class ScratchFile : IDisposable
{
    private readonly string _path;
    private readonly Action<ScratchFile> _closed;
    private readonly SafeFileHandle _handle;

    /// <param name="path">Must not exist.</param>
    /// <param name="closed">Told when the file is gone.</param>
    public ScratchFile(string path, Action<ScratchFile> closed)
    {
        (_path, _closed) = (path, closed);
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
    }

    /// <summary>Bytes appended.</summary>
    public long Length { get; private set; }

    /// <summary>Appends bytes and tells where they stand.</summary>
    /// <exception cref="RunStoppedException">The disk is full or gone, which ends every input.</exception>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        long at = Length;
        try
        {
            RandomAccess.Write(_handle, bytes, at);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{_path}: scratch cannot be written: {fault.Message} (limits.scratch names another folder)", fault);
        }

        Length += bytes.Length;
        return at;
    }

    /// <summary>Forgets the bytes from <paramref name="length"/> on; what is appended next takes their place.</summary>
    public void Truncate(long length) => Length = Math.Min(Length, length);

    /// <summary>Reads bytes, all of which have been appended.</summary>
    /// <exception cref="RunStoppedException">They cannot be read back.</exception>
    public void Read(long at, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int read = RandomAccess.Read(_handle, bytes, at);
                if (read == 0) throw new EndOfStreamException($"it ends at byte {at}");
                bytes = bytes[read..];
                at += read;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{_path}: scratch cannot be read back: {fault.Message}", fault);
        }
    }

    /// <summary>Closes and removes the file.</summary>
    public void Dispose()
    {
        if (_handle.IsClosed) return;
        _handle.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The folder is removed at the end of the run, or by the next.
        }

        _closed(this);
    }
}
