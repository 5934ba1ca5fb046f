//! The function calls of a conversation, to find the call that a response belongs to.

use crate::api::gemini::{self, PartKind};
use std::collections::{HashMap, HashSet};

/// The function calls converted so far, each with an id, which Chat Completions requires and Gemini does not.
/// Every lookup takes constant time, however many calls there are.
pub(super) struct Calls<'a> {
    /// The ids that the calls of the request have.
    taken: HashSet<&'a str>,
    /// The number of calls.
    len: usize,
    /// The first number that no generated id has tried.
    next: usize,
    functions: HashMap<String, Function>,
}

/// The calls of one function.
#[derive(Default)]
struct Function {
    calls: Vec<Call>,
    /// The index of the last call with an id.
    by_id: HashMap<String, usize>,
    /// All calls before this index have a response.
    first_open: usize,
}

struct Call {
    id: String,
    has_response: bool,
}

impl<'a> Calls<'a> {
    pub(super) fn new(request: &'a gemini::Request) -> Calls<'a> {
        let parts = request.contents.iter().flat_map(|content| &content.parts);
        let taken = parts.filter_map(|part| match &part.kind {
            PartKind::FunctionCall(call) => call.id.as_deref(),
            _ => None,
        });
        Calls { taken: taken.collect(), len: 0, next: 0, functions: HashMap::new() }
    }

    /// Adds a call of `function`. Returns its id, which is a new one if it had none.
    pub(super) fn add(&mut self, id: Option<String>, function: &str) -> String {
        let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| self.new_id());
        self.len += 1;
        let function = self.functions.entry(function.to_owned()).or_default();
        function.by_id.insert(id.clone(), function.calls.len());
        function.calls.push(Call { id: id.clone(), has_response: false });
        id
    }

    fn new_id(&mut self) -> String {
        // A call has the number of its place, or the next one that is free.
        self.next = self.next.max(self.len);
        loop {
            let id = format!("call_{}", self.next);
            self.next += 1;
            if !self.taken.contains(id.as_str()) {
                return id;
            }
        }
    }

    /// Records a response of `function`. Returns the id of its call: the last call with this `id`, or without an
    /// id the first one that has no response yet.
    pub(super) fn respond(&mut self, id: Option<&str>, function: &str) -> Option<String> {
        let Function { calls, by_id, first_open } = self.functions.get_mut(function)?;
        let index = match id.filter(|id| !id.is_empty()) {
            Some(id) => *by_id.get(id)?,
            None => {
                while calls.get(*first_open)?.has_response {
                    *first_open += 1;
                }
                *first_open
            }
        };
        let call = &mut calls[index];
        call.has_response = true;
        Some(call.id.clone())
    }
}
