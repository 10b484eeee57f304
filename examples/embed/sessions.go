package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// user is a user as this application keeps them. A real one has them in its database, and of the password a hash.
type user struct {
	ID, Name string
	Role     call.Role
	password string
}

// sessions is this application's log-in. To Voki it says who makes a request, and what users are called.
type sessions struct {
	users map[string]user

	mu   sync.Mutex
	open map[string]session // by token
}

type session struct {
	userID  string
	expires time.Time
}

const (
	cookieName = "session"
	lifetime   = 8 * time.Hour
)

func newSessions() *sessions {
	s := &sessions{users: map[string]user{}, open: map[string]session{}}
	for _, u := range []user{
		{ID: "ana", Name: "Ana Souza", Role: call.RoleAttendant},
		{ID: "sam", Name: "Sam Supervisor", Role: call.RoleSupervisor},
	} {
		u.password = rand.Text()
		s.users[u.ID] = u
	}
	return s
}

// Authenticate implements [httpapi.Authenticator].
func (s *sessions) Authenticate(r *http.Request) (call.Actor, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return call.Actor{}, httpapi.ErrUnauthorized
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open, ok := s.open[cookie.Value]
	if !ok || time.Now().After(open.expires) {
		delete(s.open, cookie.Value)
		return call.Actor{}, httpapi.ErrUnauthorized
	}
	u := s.users[open.userID]
	return call.Actor{Tenant: companySlug, ID: u.ID, Name: u.Name, Role: u.Role}, nil
}

// User implements [call.Directory].
func (s *sessions) User(_ context.Context, _, id string) (call.Ref, error) {
	u, ok := s.users[id]
	if !ok {
		return call.Ref{}, call.ErrUserNotFound
	}
	return call.Ref{ID: u.ID, Name: u.Name}, nil
}

// Department implements [call.Directory].
func (s *sessions) Department(_ context.Context, _, id string) (call.Ref, error) {
	if id != departmentID {
		return call.Ref{}, call.ErrDepartmentNotFound
	}
	return call.Ref{ID: departmentID, Name: "Support"}, nil
}

func (s *sessions) loginForm(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, `<!doctype html><title>Acme</title><form method="post" action="/login">
<input name="user" placeholder="user"><input name="password" type="password"><button>Log in</button></form>`)
}

func (s *sessions) login(w http.ResponseWriter, r *http.Request) {
	u, ok := s.users[r.PostFormValue("user")]
	if !ok || subtle.ConstantTimeCompare([]byte(u.password), []byte(r.PostFormValue("password"))) != 1 {
		http.Error(w, "wrong user or password", http.StatusUnauthorized)
		return
	}
	token := rand.Text()
	s.mu.Lock()
	s.open[token] = session{userID: u.ID, expires: time.Now().Add(lifetime)}
	s.mu.Unlock()
	http.SetCookie(w, cookie(r, token, lifetime))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *sessions) logout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.open, c.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, cookie(r, "", -time.Second))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func cookie(r *http.Request, token string, age time.Duration) *http.Cookie {
	//nolint:gosec // without TLS, as on a developer's machine, browsers refuse a cookie that is Secure
	return &http.Cookie{
		Name: cookieName, Value: token, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	}
}
