package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"

	"muster/internal/api"
	"muster/internal/config"
	"muster/models"
)

// apiKeyVariable is the variable of the environment that may hold an API key.
const apiKeyVariable = "MUSTER_API_KEY"

// maxAPIKeyFile bounds what is read of a file of a key: a key and some blanks.
const maxAPIKeyFile = 1 << 10

// checkURL refuses a URL that the key must not go to: without TLS everybody on the
// way could read it.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return models.Invalid("http", "--http must be a URL like https://muster.example.com").WithHint("it has no ? and no # in it")
	case u.User != nil:
		return models.Invalid("http", "--http must not have a name or a password in it").WithHint("put the API key into a file, and name that with --api-key-file")
	case u.Scheme == "http" && !config.ThisMachine(u.Hostname()):
		return models.Invalid("http", "--http must be https for another machine").WithHint("without TLS whoever is on the way can read the API key")
	}
	return nil
}

// apiKey is the key to ask with, from the file or else from the environment.
func (c *cli) apiKey(p pulling) (string, error) {
	if p.apiKeyFile == "" {
		key := strings.TrimSpace(c.env.Getenv(apiKeyVariable))
		if key == "" {
			return "", usage("there is no API key").WithHint("name its file with --api-key-file, or set %s", apiKeyVariable)
		}
		return key, looksLikeAPIKey(key, "$"+apiKeyVariable)
	}
	text, err := readPrivate(p.apiKeyFile)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(text)
	return key, looksLikeAPIKey(key, p.apiKeyFile)
}

// looksLikeAPIKey refuses what is no API key, without showing what it is.
func looksLikeAPIKey(key, where string) error {
	if _, _, ok := models.ParseAPIKey(key); !ok {
		return models.Invalid("api_key", "there is no API key in %s", where).
			WithHint("it has to be the one line that `muster api-key create` writes")
	}
	return nil
}

// readPrivate reads a short file that nobody else can read.
func readPrivate(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		why := err
		var at *fs.PathError
		if errors.As(err, &at) { // without the names of system calls
			why = at.Err
		}
		return "", models.Invalid("api_key_file", "cannot read %s: %v", path, why)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	// Windows has no such permission bits.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", models.Invalid("api_key_file", "the file %s contains a secret and is open to others (mode %04o)", path, mode).
			WithHint("run: chmod 600 %s", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxAPIKeyFile))
	return string(b), err
}

// askHTTP asks with an API key.
func (c *cli) askHTTP(ctx context.Context, p pulling, have string) ([]byte, error) {
	key, err := c.apiKey(p) // anew each time, so that a new key needs no restart
	if err != nil {
		return nil, err
	}
	address := strings.TrimRight(p.http, "/") + "/v1/orgs/" + url.PathEscape(p.org) + "/keys"
	if have != "" {
		address += "?" + url.Values{"unless": {have}}.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, noServer(p, err.Error())
	}
	r.Header.Set("Authorization", "Bearer "+key)
	// The key goes to the server that was named, and nowhere else.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) { // the URL is in front already
			err = at.Err
		}
		return nil, noServer(p, err.Error())
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, refusedPull(p, answer)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxPull+1))
	if err != nil || len(b) > maxPull {
		return nil, noServer(p, "the answer could not be read whole")
	}
	return b, nil
}

// refusedPull is the error for an answer without keys.
func refusedPull(p pulling, answer *http.Response) error {
	if answer.StatusCode == http.StatusUnauthorized {
		return noServer(p, "the API key was refused").
			WithHint("what was there stays; see whether the key was revoked, has expired or is for other addresses: muster api-key list")
	}
	b, _ := io.ReadAll(io.LimitReader(answer.Body, maxPullErr)) // what cannot be read says nothing
	var problem api.Problem
	if json.Unmarshal(b, &problem) != nil || problem.Detail == "" {
		return noServer(p, "it answered "+answer.Status)
	}
	e := noServer(p, problem.Detail)
	switch answer.StatusCode {
	case http.StatusForbidden, http.StatusNotFound:
		return e.WithHint("what was there stays; check --org, and what the key is for: muster api-key list")
	case http.StatusTooManyRequests:
		return e.WithHint("what was there stays; %s", models.SafeText(problem.Hint))
	}
	return e
}
