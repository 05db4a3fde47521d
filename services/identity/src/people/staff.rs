//! Members of the staff: [`contracts::identity::Staff`].

use async_trait::async_trait;
use contracts::Result;
use contracts::identity::{
    LogIn, NewStaff, OWNER, PasswordChange, PasswordReset, Principal, PutRole, RoleView, Scope, SessionView, Setup,
    Staff, StaffChange, StaffLoggedIn, StaffStatus, StaffView, Visitor,
};
use contracts::notification::Message;
use kernel::{ErrorKind, Failure, FieldError, Secret, SessionId, StaffId, StoreId};
use rusqlite::Connection;

use super::mails::{INVITE_MINUTES, RESET_MINUTES};
use super::{
    People, Profile, bad_token, check_email, checked_name, error, once_hash, refuse, session_hash, sessions,
    wrong_credentials,
};
use crate::password;
use crate::store::session::Table;
use crate::store::staff::{self, StaffRow};
use crate::store::token::Purpose;
use crate::store::{place, role, session, token};
use crate::token::Kind;

/// The most roles that a merchant makes.
const MAX_ROLES: i64 = 50;
/// The most colleagues.
const MAX_STAFF: usize = 1_000;

/// Names an account of the staff to the throttle: the same address may be a customer's.
fn throttled(email_hash: &str) -> String {
    format!("staff {email_hash}")
}

fn find(conn: &Connection, store: StoreId, id: StaffId) -> Result<StaffRow> {
    staff::find(conn, store, id)?.ok_or_else(|| Failure::not_found("member of the staff"))
}

fn find_role(conn: &Connection, store: StoreId, handle: &str) -> Result<RoleView> {
    let unknown = || Failure::field("/role", "unknown_role", "There is no such role; GET /admin/roles lists them.");
    role::find(conn, store, handle)?.ok_or_else(unknown)
}

/// # Errors
/// 403 `cannot_grant` when `by` lacks one of `scopes`.
fn may_grant(by: &Principal, scopes: &[Scope]) -> Result<()> {
    if by.may_grant(scopes) {
        return Ok(());
    }
    let lacking: Vec<&str> = scopes.iter().filter(|scope| !by.has(**scope)).map(|scope| scope.name()).collect();
    let detail = format!("This takes permissions that you do not have yourself: {}.", lacking.join(", "));
    Err(Failure::new(ErrorKind::Forbidden, "cannot_grant", detail))
}

/// # Errors
/// 409 `last_owner` when `row` is the only one left who may do everything.
fn keep_an_owner(conn: &Connection, store: StoreId, row: &StaffRow) -> Result<()> {
    let active = row.disabled_at.is_none() && row.password.is_some();
    if row.role == OWNER && active && staff::active_in(conn, store, OWNER)? <= 1 {
        let detail = "This is the only owner. Make somebody else an owner first.";
        return Err(Failure::conflict("last_owner", detail));
    }
    Ok(())
}

/// Scopes, each once.
fn distinct(scopes: &[Scope]) -> Vec<Scope> {
    let mut distinct: Vec<Scope> = Vec::new();
    for scope in scopes {
        if !distinct.contains(scope) {
            distinct.push(*scope);
        }
    }
    distinct
}

fn is_handle(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

impl People {
    fn staff_view(&self, store: StoreId, row: &StaffRow) -> Result<StaffView> {
        let (_, profile) = self.open_person(row.id.as_bytes(), &row.wrapped_key, &row.sealed)?;
        let scopes = self.read(|conn| role::scopes(conn, store, &row.role))?.unwrap_or_default();
        let status = match (&row.password, row.disabled_at) {
            (_, Some(_)) => StaffStatus::Disabled,
            (None, None) => StaffStatus::Invited,
            (Some(_), None) => StaffStatus::Active,
        };
        Ok(StaffView {
            id: row.id,
            email: profile.email,
            name: profile.name.unwrap_or_default(),
            role: row.role.clone(),
            scopes,
            status,
            created_at: row.created_at.into(),
        })
    }

    fn new_staff(&self, store: StoreId, profile: &Profile, role: &str, password: Option<String>) -> Result<StaffRow> {
        let (now, rng) = (self.now(), self.identity.rng().as_ref());
        let id = StaffId::new(now, rng);
        let (key, wrapped_key) = self.parts.vault.new_person(id.as_bytes(), rng);
        Ok(StaffRow {
            id,
            email_hash: self.email_hash(store, &profile.email),
            wrapped_key,
            sealed: self.seal_profile(&key, profile)?,
            password,
            role: role.to_owned(),
            disabled_at: None,
            created_at: now,
        })
    }

    /// Begins a session of `row`, in place of the one that the request came with. `first` runs in the same job.
    async fn begin_staff_session(
        &self,
        store: StoreId,
        row: &StaffRow,
        from: &Visitor,
        first: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    ) -> Result<StaffLoggedIn> {
        let (key, _) = self.open_person(row.id.as_bytes(), &row.wrapped_key, &row.sealed)?;
        let (now, rng) = (self.now(), self.identity.rng().as_ref());
        let fresh = sessions::begin(Table::Staff, *row.id.as_bytes(), &key, from, now, rng)?;
        let (before, place) = (session_hash(Kind::StaffSession, from), self.place(store, from));
        let (session, account) = (fresh.session, throttled(&row.email_hash));
        let (id, password) = (row.id, row.password.clone());
        self.write(move |conn| {
            first(conn)?;
            // The password may have been changed while it was verified, or its owner sent away.
            let current = staff::find(conn, store, id)?;
            current
                .filter(|row| row.password == password && row.disabled_at.is_none())
                .ok_or_else(wrong_credentials)?;
            if let Some(before) = before {
                session::end_by_hash(conn, Table::Staff, &before)?;
            }
            if let Some(place) = place {
                place::remember(conn, store, &account, &place, now)?;
            }
            Ok(session::insert(conn, Table::Staff, store, &fresh.hash, &fresh.row)?)
        })
        .await?;
        tracing::info!(staff = %row.id, "a member of the staff logged in");
        Ok(StaffLoggedIn { staff: self.staff_view(store, row)?, session })
    }

    /// The member whom a mailed token is for, while it works.
    fn staff_of_token(&self, store: StoreId, purpose: Purpose, token: &Secret) -> Result<(StaffRow, [u8; 32])> {
        let (hash, now) = (once_hash(token)?, self.now());
        let owner = self.read(|conn| token::owner(conn, store, purpose, &hash, now))?.ok_or_else(bad_token)?;
        let id = StaffId::from_uuid(uuid::Uuid::from_bytes(owner));
        let row = self.read(|conn| staff::find(conn, store, id))?.ok_or_else(bad_token)?;
        Ok((row, hash))
    }

    async fn checked_password(&self, pointer: &str, new: &Secret, row: &StaffRow) -> Result<String> {
        let (_, profile) = self.open_person(row.id.as_bytes(), &row.wrapped_key, &row.sealed)?;
        refuse(password::problem(pointer, new, &profile.email).into_iter().collect())?;
        self.passwords.hash(new).await
    }

    async fn mail_invitation(&self, store: StoreId, row: &StaffRow, by: &Principal) -> Result<()> {
        let (link, hash) = self.once()?;
        let (id, now) = (row.id, self.now());
        let expires_at = now.plus_secs(i64::from(INVITE_MINUTES) * 60);
        self.write(move |conn| Ok(token::put(conn, store, Purpose::Invite, id.as_bytes(), &hash, expires_at)?)).await?;
        let (_, profile) = self.open_person(row.id.as_bytes(), &row.wrapped_key, &row.sealed)?;
        let invited_by = match by {
            Principal::Staff { id, .. } => self.staff(store, *id).await?.map(|view| view.name).unwrap_or_default(),
            _ => String::new(),
        };
        let role = self.read(|conn| role::find(conn, store, &row.role))?.map(|role| role.name).unwrap_or_default();
        let url = self.link("/admin/invitations", &link);
        let message = Message::StaffInvitation { url, invited_by, role, valid_minutes: INVITE_MINUTES };
        self.mail(store, format!("invite:{id}:{}", now.millis()), &profile.email, None, message);
        Ok(())
    }
}

#[async_trait]
impl Staff for People {
    async fn staff_log_in(&self, store: StoreId, log_in: LogIn, from: &Visitor) -> Result<StaffLoggedIn> {
        let hash = self.email_hash(store, &log_in.email);
        let found = self.read(|conn| staff::by_email(conn, store, &hash))?.filter(|row| row.disabled_at.is_none());
        let kept = found.as_ref().and_then(|row| row.password.clone());
        self.verify(store, &throttled(&hash), &log_in.password, kept, from).await?;
        let row = found.ok_or_else(wrong_credentials)?;
        self.begin_staff_session(store, &row, from, |_| Ok(())).await
    }

    async fn setup_token(&self, store: StoreId) -> Result<Option<Secret>> {
        self.identity.setup_token(store).await
    }

    async fn setup_is_open(&self, store: StoreId, token: &Secret) -> Result<bool> {
        let (Ok(hash), now) = (once_hash(token), self.now()) else { return Ok(false) };
        Ok(self.read(|conn| token::owner(conn, store, Purpose::Setup, &hash, now))?.is_some())
    }

    async fn setup(&self, store: StoreId, setup: Setup, from: &Visitor) -> Result<StaffLoggedIn> {
        if !self.setup_is_open(store, &setup.token).await? {
            return Err(bad_token());
        }
        let mut errors = Vec::new();
        check_email(&mut errors, &setup.email);
        let name = checked_name(&mut errors, Some(&setup.name));
        if name.is_none() {
            errors.push(error("/name", "required", "Say what colleagues call you."));
        }
        errors.extend(password::problem("/password", &setup.password, &setup.email));
        refuse(errors)?;
        let profile = Profile { email: setup.email.trim().to_owned(), name, locale: None };
        let row = self.new_staff(store, &profile, OWNER, Some(self.passwords.hash(&setup.password).await?))?;
        let (hash, now, owner) = (once_hash(&setup.token)?, self.now(), row.clone());
        let logged_in = self
            .begin_staff_session(store, &row, from, move |conn| {
                token::owner(conn, store, Purpose::Setup, &hash, now)?.ok_or_else(bad_token)?;
                token::drop_all(conn, store, Purpose::Setup, store.as_bytes())?;
                if staff::by_email(conn, store, &owner.email_hash)?.is_some() {
                    return Err(already_staff());
                }
                Ok(staff::put(conn, store, &owner)?)
            })
            .await?;
        tracing::info!(staff = %row.id, "the owner was created");
        Ok(logged_in)
    }

    async fn staff(&self, store: StoreId, id: StaffId) -> Result<Option<StaffView>> {
        self.read(|conn| staff::find(conn, store, id))?.map(|row| self.staff_view(store, &row)).transpose()
    }

    async fn all_staff(&self, store: StoreId) -> Result<Vec<StaffView>> {
        let rows = self.db.read(move |conn| staff::list(conn, store)).await?;
        rows.iter().map(|row| self.staff_view(store, row)).collect()
    }

    async fn invite(&self, store: StoreId, new: NewStaff, by: &Principal) -> Result<StaffView> {
        let mut errors = Vec::new();
        check_email(&mut errors, &new.email);
        let name = checked_name(&mut errors, Some(&new.name));
        if name.is_none() {
            errors.push(error("/name", "required", "Say what colleagues call them."));
        }
        refuse(errors)?;
        let role = self.read(|conn| Ok(find_role(conn, store, &new.role)))??;
        may_grant(by, &role.scopes)?;
        let profile = Profile { email: new.email.trim().to_owned(), name, locale: None };
        let row = self.new_staff(store, &profile, &new.role, None)?;
        let by_now = by.clone();
        let row = self
            .write(move |conn| {
                if let Some(known) = staff::by_email(conn, store, &row.email_hash)? {
                    if known.password.is_some() || known.disabled_at.is_some() {
                        return Err(already_staff());
                    }
                    may_grant(&by_now, &role::scopes(conn, store, &known.role)?.unwrap_or_default())?;
                    staff::put(conn, store, &StaffRow { role: row.role, ..known.clone() })?;
                    return find(conn, store, known.id);
                }
                if staff::list(conn, store)?.len() >= MAX_STAFF {
                    return Err(Failure::conflict(
                        "too_many_staff",
                        format!("A shop has at most {MAX_STAFF} colleagues."),
                    ));
                }
                staff::put(conn, store, &row)?;
                Ok(row)
            })
            .await?;
        self.mail_invitation(store, &row, by).await?;
        tracing::info!(staff = %row.id, role = row.role, by = by.name(), "a colleague was invited");
        self.staff_view(store, &row)
    }

    async fn accept_invitation(&self, store: StoreId, accept: PasswordReset, from: &Visitor) -> Result<StaffLoggedIn> {
        let (mut row, hash) = self.staff_of_token(store, Purpose::Invite, &accept.token)?;
        row.password = Some(self.checked_password("/password", &accept.password, &row).await?);
        let (now, joined) = (self.now(), row.clone());
        self.begin_staff_session(store, &row, from, move |conn| {
            token::owner(conn, store, Purpose::Invite, &hash, now)?.ok_or_else(bad_token)?;
            token::drop_all(conn, store, Purpose::Invite, joined.id.as_bytes())?;
            let known = staff::find(conn, store, joined.id)?.filter(|row| row.disabled_at.is_none());
            let known = known.ok_or_else(bad_token)?;
            Ok(staff::put(conn, store, &StaffRow { password: joined.password, ..known })?)
        })
        .await
    }

    async fn change_staff(
        &self,
        store: StoreId,
        id: StaffId,
        change: StaffChange,
        by: &Principal,
    ) -> Result<StaffView> {
        let mut errors: Vec<FieldError> = Vec::new();
        let name = checked_name(&mut errors, change.name.as_deref());
        refuse(errors)?;
        let before = self.read(|conn| Ok(find(conn, store, id)))??;
        let (key, mut profile) = self.open_person(id.as_bytes(), &before.wrapped_key, &before.sealed)?;
        profile.name = name.or(profile.name);
        let (sealed, now, by_now) = (self.seal_profile(&key, &profile)?, self.now(), by.clone());
        let row = self
            .write(move |conn| {
                let mut row = find(conn, store, id)?;
                may_grant(&by_now, &role::scopes(conn, store, &row.role)?.unwrap_or_default())?;
                let other_role = change.role.filter(|role| *role != row.role);
                if other_role.is_some() || change.disabled == Some(true) {
                    keep_an_owner(conn, store, &row)?;
                }
                if let Some(handle) = other_role {
                    may_grant(&by_now, &find_role(conn, store, &handle)?.scopes)?;
                    row.role = handle;
                }
                match change.disabled {
                    Some(true) => {
                        row.disabled_at = row.disabled_at.or(Some(now));
                        session::end_others(conn, Table::Staff, store, id.as_bytes(), None)?;
                        token::forget(conn, store, id.as_bytes())?;
                    }
                    Some(false) => row.disabled_at = None,
                    None => {}
                }
                row.sealed = sealed;
                staff::put(conn, store, &row)?;
                Ok(row)
            })
            .await?;
        tracing::info!(staff = %id, role = row.role, disabled = row.disabled_at.is_some(), by = by.name(), "a colleague was changed");
        self.staff_view(store, &row)
    }

    async fn remove_staff(&self, store: StoreId, id: StaffId, by: &Principal) -> Result<()> {
        let by_now = by.clone();
        self.write(move |conn| {
            let row = find(conn, store, id)?;
            may_grant(&by_now, &role::scopes(conn, store, &row.role)?.unwrap_or_default())?;
            keep_an_owner(conn, store, &row)?;
            session::end_others(conn, Table::Staff, store, id.as_bytes(), None)?;
            token::forget(conn, store, id.as_bytes())?;
            place::forget(conn, store, &throttled(&row.email_hash))?;
            Ok(staff::delete(conn, store, id)?)
        })
        .await?;
        tracing::info!(staff = %id, by = by.name(), "a colleague was removed");
        Ok(())
    }

    async fn change_staff_password(
        &self,
        store: StoreId,
        id: StaffId,
        session: SessionId,
        change: PasswordChange,
        from: &Visitor,
    ) -> Result<()> {
        let row = self.read(|conn| Ok(find(conn, store, id)))??;
        self.verify(store, &throttled(&row.email_hash), &change.current, row.password.clone(), from).await?;
        let password = Some(self.checked_password("/new", &change.new, &row).await?);
        let known = row.password;
        self.write(move |conn| {
            let row = find(conn, store, id)?;
            // Whoever took the account back by a reset while this was worked on has the last word.
            if row.password != known {
                return Err(wrong_credentials());
            }
            staff::put(conn, store, &StaffRow { password, ..row })?;
            token::drop_all(conn, store, Purpose::StaffReset, id.as_bytes())?;
            Ok(session::end_others(conn, Table::Staff, store, id.as_bytes(), Some(session))?)
        })
        .await?;
        tracing::info!(staff = %id, "a member of the staff changed their password; their other sessions ended");
        Ok(())
    }

    async fn request_staff_reset(&self, store: StoreId, email: &str, from: &Visitor) -> Result<()> {
        let mut errors = Vec::new();
        check_email(&mut errors, email);
        refuse(errors)?;
        let account = self.email_hash(store, email);
        self.count_mail(&throttled(&account), from)?;
        let (link, hash) = self.once()?;
        let now = self.now();
        let expires_at = now.plus_secs(i64::from(RESET_MINUTES) * 60);
        let nobody = StaffId::new(now, self.identity.rng().as_ref());
        let found = self
            .write(move |conn| {
                let able = |row: &StaffRow| row.password.is_some() && row.disabled_at.is_none();
                let found = staff::by_email(conn, store, &account)?.filter(able);
                let (purpose, owner) = match &found {
                    Some(row) => (Purpose::StaffReset, row.id),
                    None => (Purpose::Nothing, nobody),
                };
                token::put(conn, store, purpose, owner.as_bytes(), &hash, expires_at)?;
                Ok(found)
            })
            .await?;
        if let Some(row) = found {
            let (_, profile) = self.open_person(row.id.as_bytes(), &row.wrapped_key, &row.sealed)?;
            let url = self.link("/admin/reset", &link);
            let message = Message::PasswordReset { url, valid_minutes: RESET_MINUTES };
            self.mail(store, format!("reset:{}:{}", row.id, now.millis()), &profile.email, None, message);
        }
        Ok(())
    }

    async fn reset_staff_password(&self, store: StoreId, reset: PasswordReset, from: &Visitor) -> Result<()> {
        let (row, hash) = self.staff_of_token(store, Purpose::StaffReset, &reset.token)?;
        let password = Some(self.checked_password("/password", &reset.password, &row).await?);
        let (id, now, place) = (row.id, self.now(), self.place(store, from));
        self.write(move |conn| {
            token::owner(conn, store, Purpose::StaffReset, &hash, now)?.ok_or_else(bad_token)?;
            token::drop_all(conn, store, Purpose::StaffReset, id.as_bytes())?;
            let row = staff::find(conn, store, id)?.filter(|row| row.disabled_at.is_none()).ok_or_else(bad_token)?;
            if let Some(place) = place {
                place::remember(conn, store, &throttled(&row.email_hash), &place, now)?;
            }
            staff::put(conn, store, &StaffRow { password, ..row })?;
            Ok(session::end_others(conn, Table::Staff, store, id.as_bytes(), None)?)
        })
        .await?;
        tracing::info!(staff = %id, "a member of the staff set a new password by mail; all their sessions ended");
        Ok(())
    }

    async fn staff_sessions(&self, store: StoreId, id: StaffId, current: SessionId) -> Result<Vec<SessionView>> {
        let row = self.read(|conn| Ok(find(conn, store, id)))??;
        let (key, _) = self.open_person(id.as_bytes(), &row.wrapped_key, &row.sealed)?;
        let rows = self.read(|conn| session::list(conn, Table::Staff, store, id.as_bytes()))?;
        Ok(sessions::shown(Table::Staff, rows, &key, current, self.now()))
    }

    async fn end_staff_session(&self, store: StoreId, id: StaffId, session: SessionId) -> Result<()> {
        let ended =
            self.write(move |conn| Ok(session::end(conn, Table::Staff, store, id.as_bytes(), session)?)).await?;
        if ended { Ok(()) } else { Err(Failure::not_found("session")) }
    }

    async fn roles(&self, store: StoreId) -> Result<Vec<RoleView>> {
        self.read(|conn| role::list(conn, store))
    }

    async fn put_role(&self, store: StoreId, handle: &str, put: PutRole, by: &Principal) -> Result<RoleView> {
        let mut errors = Vec::new();
        if !is_handle(handle) {
            let detail = "A handle has 1 to 64 lower-case letters, digits, hyphens and underscores.";
            errors.push(error("/handle", "invalid_handle", detail));
        }
        let name = put.name.trim().to_owned();
        if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            errors.push(error("/name", "invalid_name", "A name has 1 to 100 printable characters."));
        }
        if put.scopes.is_empty() {
            errors.push(error("/scopes", "scope_required", "Name at least one scope."));
        }
        refuse(errors)?;
        if role::is_built_in(handle) {
            return Err(built_in());
        }
        let role = RoleView { handle: handle.to_owned(), name, scopes: distinct(&put.scopes), built_in: false };
        let (written, by_now) = (role.clone(), by.clone());
        self.write(move |conn| {
            may_grant(&by_now, &written.scopes)?;
            match role::find(conn, store, &written.handle)? {
                Some(known) => may_grant(&by_now, &known.scopes)?,
                None if role::count(conn, store)? >= MAX_ROLES => {
                    return Err(Failure::conflict("too_many_roles", format!("A shop has at most {MAX_ROLES} roles.")));
                }
                None => {}
            }
            Ok(role::put(conn, store, &written)?)
        })
        .await?;
        tracing::info!(role = handle, scopes = ?role.scopes, by = by.name(), "a role was written");
        Ok(role)
    }

    async fn delete_role(&self, store: StoreId, handle: &str, by: &Principal) -> Result<()> {
        if role::is_built_in(handle) {
            return Err(built_in());
        }
        let (handle, by_now) = (handle.to_owned(), by.clone());
        self.write(move |conn| {
            let known = role::find(conn, store, &handle)?.ok_or_else(|| Failure::not_found("role"))?;
            may_grant(&by_now, &known.scopes)?;
            if staff::anybody_in(conn, store, &handle)? {
                let detail = "Somebody has this role. Give them another one first.";
                return Err(Failure::conflict("role_in_use", detail));
            }
            role::delete(conn, store, &handle)?;
            Ok(())
        })
        .await
    }
}

fn built_in() -> Failure {
    let detail = "This role comes with the shop and stays as it is. Make one of your own under another handle.";
    Failure::conflict("built_in_role", detail)
}

fn already_staff() -> Failure {
    Failure::conflict("already_staff", "A colleague has this e-mail address already.")
}
