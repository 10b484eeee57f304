package httpapi

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzHandshake holds what is read of a query against the standard library.
func FuzzHandshake(f *testing.F) {
	for _, query := range []string{
		"", "vsn=2.0.0&token=a.b_c-d", "token=%61&vsn=1.0.0", "token=a+b", "token=&token=b&vsn", "a;token=b&vsn=2", "&&=&token==",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		u := &url.URL{RawQuery: query}
		vsn, token := handshake(u)
		require.Equal(t, u.Query().Get("vsn"), vsn)
		require.Equal(t, u.Query().Get("token"), token)
	})
}
