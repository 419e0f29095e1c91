using System.Net;
using System.Net.Sockets;

namespace BatchSegmenter.Tests;

/// <summary>
/// Stands between client and server and spoils a share of the requests: connections dropped before the request is passed on or after, answers
/// delayed, 500, 503 and 429, bodies cut short.
/// </summary>
internal sealed class FaultProxy : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private readonly int _server;
    private readonly double _share;
    private readonly Random _random;
    private int _requests;
    private int _spoiled;

    public FaultProxy(int server, double share, int seed)
    {
        (_server, _share, _random) = (server, share, new Random(seed));
        using (TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            Port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _ = Task.Run(ListenAsync);
    }

    public int Port { get; }

    public int Requests => _requests;

    public int Spoiled => _spoiled;

    /// <summary>Told the method and path of every request, before it is passed on.</summary>
    public Action<string, string>? Asked { get; set; }

    /// <summary>Told the path of every blob that the server has committed, before the client hears of it.</summary>
    public Action<string>? Committed { get; set; }

    public void Dispose()
    {
        _listener.Close();
        _client.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = Task.Run(() => PassAsync(context));
            }
        }
        catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(HttpListenerContext context)
    {
        try
        {
            Interlocked.Increment(ref _requests);
            Asked?.Invoke(context.Request.HttpMethod, context.Request.Url!.AbsolutePath);
            int fault;
            lock (_random) fault = _random.NextDouble() < _share ? _random.Next(7) : -1;
            if (fault >= 0) Interlocked.Increment(ref _spoiled);
            if (fault == 0)
            {
                context.Response.Abort();
                return;
            }

            if (fault == 1) await Task.Delay(300);
            using HttpRequestMessage request = await RequestAsync(context.Request);
            if (fault is 2 or 3 or 4)
            {
                context.Response.StatusCode = fault switch { 2 => 500, 3 => 503, _ => 429 };
                context.Response.Close();
                return;
            }

            using HttpResponseMessage answer = await _client.SendAsync(request);
            if (answer.IsSuccessStatusCode && IsCommit(context.Request)) Committed?.Invoke(context.Request.Url!.AbsolutePath);
            if (fault == 5) context.Response.Abort();
            else await AnswerAsync(context, answer, isCut: fault == 6);
        }
        catch (Exception)
        {
            // Whatever fails here is one fault more for the client, who must not wait for an answer that never comes.
            context.Response.Abort();
        }
    }

    private static bool IsCommit(HttpListenerRequest request) => request.HttpMethod == "PUT" && request.QueryString["comp"] is null or "blocklist";

    private async Task<HttpRequestMessage> RequestAsync(HttpListenerRequest from)
    {
        // Signatures cover the path as it was sent.
        Uri address = new($"http://127.0.0.1:{_server}{from.RawUrl}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        HttpRequestMessage request = new(new HttpMethod(from.HttpMethod), address);
        MemoryStream body = new();
        await from.InputStream.CopyToAsync(body);
        body.Position = 0;
        if (from.HttpMethod is "PUT" or "POST") request.Content = new StreamContent(body);
        foreach (string name in from.Headers.AllKeys.OfType<string>())
        {
            if (name is "Host" or "Connection" or "Content-Length" or "Transfer-Encoding" or "Expect") continue;
            if (!request.Headers.TryAddWithoutValidation(name, from.Headers[name])) request.Content?.Headers.TryAddWithoutValidation(name, from.Headers[name]);
        }

        return request;
    }

    private static async Task AnswerAsync(HttpListenerContext context, HttpResponseMessage answer, bool isCut)
    {
        HttpListenerResponse response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        foreach ((string name, IEnumerable<string> values) in answer.Headers.Concat(answer.Content.Headers))
            if (name is not ("Transfer-Encoding" or "Connection" or "Content-Length" or "Keep-Alive")) response.Headers[name] = string.Join(", ", values);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        if (context.Request.HttpMethod == "HEAD")
        {
            response.ContentLength64 = answer.Content.Headers.ContentLength ?? 0;
            response.Close();
            return;
        }

        response.ContentLength64 = body.Length;
        await response.OutputStream.WriteAsync(body.AsMemory(0, isCut ? body.Length / 2 : body.Length));
        if (isCut) await response.OutputStream.FlushAsync();
        if (isCut && body.Length > 0) response.Abort();
        else response.Close();
    }
}
