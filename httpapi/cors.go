package httpapi

import (
	"net/http"
	"slices"
)

// origins are the web origins whose scripts may use the API.
type origins struct {
	exact []string
	any   bool
}

func newOrigins(allowed []string) origins {
	o := origins{any: slices.Contains(allowed, "*")}
	for _, origin := range allowed {
		if origin != "*" {
			o.exact = append(o.exact, origin)
		}
	}
	return o
}

// allow tells the browser whether the page that asks may read the reply. Credentials are never allowed to all.
func (o origins) allow(w http.ResponseWriter, r *http.Request) {
	if !o.any && len(o.exact) == 0 {
		return
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		return
	case slices.Contains(o.exact, origin):
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	case o.any:
		h.Set("Access-Control-Allow-Origin", "*")
	default:
		return
	}
	h.Set("Access-Control-Expose-Headers", "Content-Disposition, Content-Range, ETag, Retry-After")
}

// preflight answers OPTIONS: which methods there are, and, to a browser that asks for a page that is allowed, which
// headers it may send.
func (o origins) preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Set("Allow", methods)
	h.Set("Cache-Control", "no-store")
	if h.Get("Access-Control-Allow-Origin") != "" && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match, If-Range, Range, X-Tenant")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}
