package voki_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/avanter/voki"

var domain = []string{"call", "call/follow", "tag", "notes", "media", "ai"}

// mayImport is who may import whom, beside the standard library. A package of this module is named by its folder;
// "..." stands for all below. Only what is compiled for a host counts: a package's tests may import anything.
var mayImport = []struct {
	packages []string
	allowed  []string
}{
	{of("call"), of("github.com/google/uuid", "golang.org/x/text/...")},
	{of("call/internal/..."), of("call")},
	{of("call/follow"), of("call")},
	{of("tag", "notes", "media", "ai"), of("call", "call/follow")}, // never each other
	{of("ai/command"), of("ai")},
	{of("presence"), of("call")},
	{of("privacy"), domain},

	{of("storage"), domain}, // never a backend
	{of("storage/memory", "storage/bolt"), with(domain, "storage", "storage/internal/...")},
	{of("storage/internal/..."), with(domain, "storage", "storage/internal/...", "go.etcd.io/bbolt/...",
		"github.com/RoaringBitmap/roaring/v2",
		"golang.org/x/text/...", "golang.org/x/sys/...")},
	{of("storage/storagetest"), with(domain, "storage", "storage/internal/...", "github.com/stretchr/testify/...",
		"pgregory.net/rapid", "golang.org/x/sync/...")},

	{of("."), with(domain, "presence", "privacy", "storage", "golang.org/x/sync/...")}, // no backend

	{of("httpapi/phx"), nil},
	{of("httpapi"), with(domain, ".", "presence", "storage", "httpapi/phx", "httpapi/internal/...",
		"github.com/gorilla/websocket")},
	{of("httpapi/internal/..."), with(domain, ".")},
	{of("httpapi/jwtauth"), of("call", "httpapi", "github.com/golang-jwt/jwt/v5")},
	{of("httpapi/webhook"), with(domain, ".", "httpapi")},

	{of("examples/unittest"), nil}, // tests alone
}

func of(names ...string) []string { return names }

func with(some []string, more ...string) []string { return slices.Concat(some, more) }

// hostModules are all that a host compiles which imports voki, both embedded stores and httpapi.
var hostModules = []string{
	module,
	"github.com/google/uuid",
	"go.etcd.io/bbolt",
	"github.com/RoaringBitmap/roaring/v2", "github.com/bits-and-blooms/bitset",
	"github.com/gorilla/websocket",
	"golang.org/x/sync", "golang.org/x/text", "golang.org/x/sys",
}

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string }
}

func TestImports(t *testing.T) {
	for _, p := range goList(t, "./...") {
		name := folder(p.ImportPath)
		allowed, ok := rowOf(name)
		if !assert.True(t, ok, "%s has no row in the table: say what it may import", name) {
			continue
		}
		for _, path := range p.Imports {
			if isStandard(path) {
				continue
			}
			other := folder(path)
			assert.True(t, slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, other) }),
				"%s must not import %s", name, other)
			assert.NotEqual(t, "storage/storagetest", other, "%s: only tests may import it", name)
		}
	}
}

// TestNoHTTPBelowHTTP: what holds the rules knows no transport, not even through what it imports.
func TestNoHTTPBelowHTTP(t *testing.T) {
	for _, p := range goList(t, "-deps", ".", "./storage/memory") {
		assert.NotContains(t, p.Imports, "net/http", p.ImportPath)
	}
}

// TestHostCompilesNoMore: a host inherits the versions of these modules, and of no others.
func TestHostCompilesNoMore(t *testing.T) {
	host := []string{".", "./storage/memory", "./storage/bolt", "./httpapi"}
	assert.Subset(t, hostModules, modulesOf(t, host...))
	assert.Subset(t, with(hostModules, "github.com/golang-jwt/jwt/v5"), modulesOf(t, with(host, "./httpapi/jwtauth")...))
}

func modulesOf(t *testing.T, packages ...string) (modules []string) {
	t.Helper()
	for _, p := range goList(t, with([]string{"-deps"}, packages...)...) {
		if !p.Standard && p.Module != nil && !slices.Contains(modules, p.Module.Path) {
			modules = append(modules, p.Module.Path)
		}
	}
	return modules
}

func goList(t *testing.T, args ...string) (packages []pkg) {
	t.Helper()
	cmd := exec.Command("go", with([]string{"list", "-json=ImportPath,Standard,Imports,Module"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

// folder is a package's name in the table: the folder of one of this module, the path of any other.
func folder(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// rowOf finds what a package may import. A row that names it goes before one that covers it.
func rowOf(name string) (allowed []string, ok bool) {
	for _, row := range mayImport {
		for _, pattern := range row.packages {
			if pattern == name {
				return row.allowed, true
			}
			if matches(pattern, name) {
				allowed, ok = row.allowed, true
			}
		}
	}
	return allowed, ok
}

func matches(pattern, name string) bool {
	below, wild := strings.CutSuffix(pattern, "/...")
	return name == below || wild && strings.HasPrefix(name, below+"/")
}

// isStandard reports whether a path is of the standard library, whose first element has no dot.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
