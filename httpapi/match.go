package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// table is routes that are served together.
type table []endpoint

// params are the values of a pattern's segments in braces, by name.
type params map[string]string

// match returns the endpoints of the pattern that fits an escaped path, one for each method, and the values of its
// parameters; none if no pattern fits.
//
// Segments are compared unescaped, so that an id may hold a slash; a parameter is never empty. Where several patterns
// fit, the one that has a word where the others have a parameter wins, from the left.
func (t table) match(escapedPath string) ([]*endpoint, params) {
	segments, ok := splitPath(escapedPath)
	if !ok {
		return nil, nil
	}
	var best []*endpoint
	for i := range t {
		switch e := &t[i]; {
		case !fits(e.segments, segments):
		case best == nil || precedes(e.segments, best[0].segments):
			best = append(best[:0], e)
		case samePlace(e.segments, best[0].segments):
			best = append(best, e)
		}
	}
	if best == nil {
		return nil, nil
	}
	var values params
	for i, p := range best[0].segments {
		if isParam(p) {
			if values == nil {
				values = params{}
			}
			values[p[1:len(p)-1]] = segments[i]
		}
	}
	return best, values
}

// splitPath returns the unescaped segments of a path, and false for one with a bad escape.
func splitPath(escaped string) ([]string, bool) {
	segments := cutPath(escaped)
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, false
		}
		segments[i] = plain
	}
	return segments, true
}

func cutPath(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

func isParam(segment string) bool { return strings.HasPrefix(segment, "{") }

func fits(pattern, segments []string) bool {
	if len(pattern) != len(segments) {
		return false
	}
	for i, p := range pattern {
		if isParam(p) && segments[i] == "" || !isParam(p) && p != segments[i] {
			return false
		}
	}
	return true
}

// precedes reports whether a is the more exact of two patterns that fit the same path.
func precedes(a, b []string) bool {
	for i, p := range a {
		if isParam(p) != isParam(b[i]) {
			return isParam(b[i])
		}
	}
	return false
}

// samePlace reports whether two patterns that fit the same path have words and parameters at the same places.
func samePlace(a, b []string) bool { return !precedes(a, b) && !precedes(b, a) }

// forMethod returns the endpoint of a method, nil if there is none. HEAD is served as GET.
func forMethod(matched []*endpoint, method string) *endpoint {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, e := range matched {
		if e.Method == method {
			return e
		}
	}
	return nil
}

// allowed lists the methods of a matched pattern as the Allow header has them.
func allowed(matched []*endpoint) string {
	methods := []string{http.MethodOptions}
	for _, e := range matched {
		methods = append(methods, e.Method)
		if e.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
