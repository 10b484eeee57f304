package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestToken(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir)
	get := func(t *testing.T, bearer string) int {
		t.Helper()
		got, err := p.ask("GET", "/api/v1/calls", strings.TrimSpace(bearer), "")
		require.NoError(t, err)
		return got.status
	}
	t.Run("the configuration fills the gaps", func(t *testing.T) {
		got := voki(t, "token", "--data", dir, "--tenant", "example", "--user", "ana")
		require.Zero(t, got.code, got.stderr)
		assert.Empty(t, got.stderr)
		assert.Equal(t, 3, len(strings.Split(got.stdout, ".")))
		assert.Equal(t, 403, get(t, got.stdout), "valid, and of another tenant than asked for")
	})
	t.Run("somebody else", func(t *testing.T) {
		got := mustVoki(t, "token", "--data", dir, "--tenant", "example", "--user", "v", "--name", "Vera", "--role", "manager", "--ttl", "1m")
		assert.Equal(t, 403, get(t, got))
	})
	t.Run("another secret", func(t *testing.T) {
		env := append(os.Environ(), "VOKI_JWT_SECRET=another secret that has enough bytes: 0123456789")
		got := command(t, nil, env, "token", "--data", dir, "--tenant", "example", "--user", "ana")
		require.Zero(t, got.code, got.stderr)
		assert.Equal(t, 401, get(t, got.stdout))
	})
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no tenant":    {[]string{"--user", "ana"}, `required flag(s) "tenant" not set`},
		"unknown user": {[]string{"--tenant", "example", "--user", "x"}, `--user "x": example has no such user in the configuration; for another, give both --name and --role`},
		"no name":      {[]string{"--tenant", "example", "--user", "x", "--role", "owner"}, `--user "x": example has no such user`},
		"bad role":     {[]string{"--tenant", "example", "--user", "x", "--name", "X", "--role", "boss"}, `--role "boss": must be one of`},
		"bad ttl":      {[]string{"--tenant", "example", "--user", "ana", "--ttl", "-1m"}, "--ttl -1m0s: must be positive"},
		"bad id":       {[]string{"--tenant", "example", "--user", "a b"}, "without white space"},
	} {
		t.Run(name, func(t *testing.T) {
			got := voki(t, append([]string{"token", "--data", dir}, test.args...)...)
			assert.Equal(t, 1, got.code)
			assert.Empty(t, got.stdout)
			assert.Contains(t, got.stderr, test.want)
		})
	}
}

func TestSecretInTheDirectory(t *testing.T) {
	dir := t.TempDir()
	env := withoutSecret()
	got := command(t, nil, env, "token", "--data", dir, "--tenant", "example", "--user", "ana", "--name", "A", "--role", "owner")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "holds no jwt-secret yet: start `voki serve")

	start := func(env []string) result {
		return command(t, nil, env, "serve", "--data", dir, "--addr", "256.0.0.1:1")
	}
	assert.Contains(t, start(env).stderr, "--addr: ")
	info, err := os.Stat(filepath.Join(dir, "jwt-secret"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	before, err := os.ReadFile(filepath.Join(dir, "jwt-secret"))
	require.NoError(t, err)
	start(env)
	after, err := os.ReadFile(filepath.Join(dir, "jwt-secret"))
	require.NoError(t, err)
	assert.Equal(t, before, after)
	got = command(t, nil, env, "token", "--data", dir, "--tenant", "example", "--user", "ana")
	assert.Zero(t, got.code, got.stderr)

	got = start(append(env, "VOKI_JWT_SECRET=short"))
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "must have at least 32 bytes, one has 5")
}

func withoutSecret() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "VOKI_JWT_SECRET=") {
			env = append(env, v)
		}
	}
	return env
}
