//! The macro that defines the JSON objects of an API.

/// Defines a struct that is a JSON object of an API, from its documented fields.
///
/// ```ignore
/// object! {
///     /// Limits a search: `searchOptions`.
///     #[derive(PartialEq)]
///     #[serde(rename_all = "camelCase")]
///     #[object(request)]
///     pub struct SearchOptions {
///         /// `topK`: the number of passages to find.
///         pub top_k: Option<i64>,
///         /// `stores`: the names of the stores to search.
///         pub stores: Vec<String>,
///         /// `type`: the kind of store.
///         #[serde(rename = "type")]
///         #[setter(none)]
///         pub kind: Option<Kind>,
///     }
/// }
/// ```
///
/// # The struct
/// It implements `Clone`, `Debug`, `Default`, `Serialize` and `Deserialize`, and is `#[non_exhaustive]`. Its
/// last field is `extra`, for keys that it does not have; declare it as `pub extra: Extra,` to document it. With
/// `rename_all = "camelCase"`, a field is read under both names that protocol buffers give it.
///
/// `#[object(..)]` says where the object appears:
///
/// | | reading a value of the wrong type | setters |
/// |---|---|---|
/// | `request` | is an error | yes |
/// | `shared`: in requests and responses | gives the field's default | yes |
/// | `response` | gives the field's default | no |
///
/// `request_without_debug` and `shared_without_debug` leave `Debug` to the module, because a field may hold a secret.
///
/// `#[object(.., root)]` is for an object that is the whole JSON: reading it bounds the memory it takes.
/// `#[object(.., new)]` adds a constructor without arguments.
///
/// # Fields
/// The type of a field, as it is spelled, decides the rest. `null` is read as the default everywhere.
///
/// | type | left out if it is | setter |
/// |---|---|---|
/// | `Option<i64>` | `None` | sets it, `impl TryInto<i64>` |
/// | `Option<T>` | `None` | sets it, `impl Into<T>` |
/// | `Vec<T>` | empty | adds items, `impl Into<T>` |
/// | `BTreeMap<K, V>` | empty | adds entries, `(impl Into<K>, impl Into<V>)` |
/// | `T` | never | sets it, `impl Into<T>` |
///
/// An `Option<i64>`, and any `i64` of a response, is also read from `"7"` and `7.0`. One item in place of a list is read
/// as a list of one.
///
/// A setter has the field's name and documentation, after "Sets" or "Adds to": begin that with the API's name
/// for the field, as above. Five attributes, in this order, after the documentation:
///
/// - `#[serde(..)]` is passed on, for `rename` and `serialize_with`.
/// - `#[read("f")]` reads the field with the function `f`, as `deserialize_with` would.
/// - `#[skip_if("f")]` leaves the field out if `f(&field)`; with `never` it is always written.
/// - `#[setter(none)]` omits the setter.
/// - `#[add(store)]` gives a list or a map a second setter, `store`, which adds one item or entry.
macro_rules! object {
    // The object: passes whether it has setters, whether it is strict, and how it reads integers, lists and everything
    // else.
    (
        $(#[doc = $doc:tt])*
        $(#[derive($Derive:ident)])?
        $(#[serde($($serde:tt)+)])?
        #[object($use:ident $(, $option:ident)?)]
        pub struct $Name:ident { $($fields:tt)* }
    ) => {
        object! {
            @$use $Name { [$($($serde)+)?] [$($option)?] }
            { $(#[doc = $doc])* $(#[derive($Derive)])? $(#[serde($($serde)+)])? }
            $($fields)*
        }
    };
    (@request $Name:ident $how:tt { $($attributes:tt)* } $($fields:tt)*) => {
        object! { @request_without_debug $Name $how { #[derive(Debug)] $($attributes)* } $($fields)* }
    };
    (@request_without_debug $Name:ident $how:tt { $($attributes:tt)* } $($fields:tt)*) => {
        object! { @fields {
            $Name $how { $($attributes)* #[must_use = "setters return the changed value"] } setter
            [
                true
                "crate::api::lenient::integer"
                "crate::api::lenient::one_or_many"
                "crate::api::lenient::null_as_default"
            ]
        } {} {} {} $($fields)* }
    };
    (@shared $Name:ident $how:tt { $($attributes:tt)* } $($fields:tt)*) => {
        object! { @shared_without_debug $Name $how { #[derive(Debug)] $($attributes)* } $($fields)* }
    };
    (@shared_without_debug $Name:ident $how:tt { $($attributes:tt)* } $($fields:tt)*) => {
        object! {
            @lenient setter $Name $how
            { $($attributes)* #[must_use = "setters return the changed value"] } $($fields)*
        }
    };
    (@response $Name:ident $how:tt { $($attributes:tt)* } $($fields:tt)*) => {
        object! { @lenient none $Name $how { #[derive(Debug)] $($attributes)* } $($fields)* }
    };
    (@lenient $setter:ident $Name:ident $how:tt $attributes:tt $($fields:tt)*) => {
        impl $crate::api::read::Lenient for $Name {
            fn read_map<'de, A: ::serde::de::MapAccess<'de>>(
                map: A,
            ) -> ::std::result::Result<::std::result::Result<$Name, ::serde_json::Value>, A::Error> {
                $crate::api::read::any_members(map)
            }

            fn read_value(value: ::serde_json::Value) -> ::std::result::Result<$Name, ::serde_json::Value> {
                Err(value)
            }
        }

        object! { @fields {
            $Name $how $attributes $setter
            [false lenient lenient lenient]
        } {} {} {} $($fields)* }
    };

    // No field is left but `extra`: emits the struct, its reading and its setters, which were collected.
    (@fields $object:tt $fields:tt $reads:tt $setters:tt) => {
        object! {
            @fields $object $fields $reads $setters
            /// Fields that this type does not define.
            pub extra: Extra,
        }
    };
    (
        @fields { $Name:ident $how:tt { $($attributes:tt)* } $setter:ident [$is_strict:tt $($read:tt)+] }
        { $($fields:tt)* } { $({ $field:ident $wire:tt $T:tt $deserialize:tt })* } { $($setters:tt)* }
        $(#[doc = $doc:tt])+
        pub extra: Extra,
    ) => {
        #[derive(Clone, Default, ::serde::Serialize)]
        $($attributes)*
        #[non_exhaustive]
        pub struct $Name {
            $($fields)*
            $(#[doc = $doc])+
            #[serde(flatten)]
            pub extra: $crate::api::extra::Extra,
        }

        impl $crate::api::read::Object for $Name {
            const IS_STRICT: bool = $is_strict;
            const SPELLING: $crate::api::spelling::Spelling = object! { @spelling $how };
            const FIELDS: &'static [&'static str] = &[$(object! { @wire $field $wire }),*];

            fn read_field<'de, A: ::serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut A,
            ) -> ::std::result::Result<Option<::serde_json::Value>, A::Error> {
                $(
                    if name == object! { @wire $field $wire } {
                        return object! { @read (&mut self.$field) map $T $deserialize };
                    }
                )*
                let _ = (name, map);
                Ok(None)
            }

            fn extra_mut(&mut self) -> &mut $crate::api::extra::Extra {
                &mut self.extra
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $Name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<$Name, D::Error> {
                object! { @deserialize $how deserializer }
            }
        }

        impl $Name {
            object! { @constructor $how $Name }
            $($setters)*
            object! { @$setter extra }
        }
    };
    (@constructor { $serde:tt [new] } $Name:ident) => {
        /// Creates an object in which no field is set. The API has a default for each.
        pub fn new() -> $Name {
            $Name::default()
        }
    };
    (@constructor $how:tt $Name:ident) => {};
    (@read $field:tt $map:ident $T:tt lenient) => { $crate::api::read::put($field, $map) };
    (@read $field:tt $map:ident [$T:ty] $deserialize:literal) => {{
        #[derive(::serde::Deserialize)]
        #[serde(transparent)]
        struct Field {
            #[serde(deserialize_with = $deserialize)]
            value: $T,
        }
        *$field = $map.next_value::<Field>()?.value;
        Ok(None)
    }};
    (@spelling { [] $option:tt }) => { $crate::api::spelling::Spelling::Exact };
    (@spelling { [rename_all = "camelCase"] $option:tt }) => { $crate::api::spelling::Spelling::Json };
    (@deserialize { $serde:tt [root] } $deserializer:ident) => {
        $crate::api::read::object($crate::api::meter::Metered {
            inner: $deserializer,
            meter: &$crate::api::meter::Meter::new(),
        })
    };
    (@deserialize $how:tt $deserializer:ident) => { $crate::api::read::object($deserializer) };
    (@wire $field:ident [rename = $name:literal]) => { $name };
    (@wire $field:ident [$($serde:tt)*]) => { stringify!($field) };

    // A field. `[own default]` is an option of its attributes, if it has one, before the default: the first
    // counts.
    (
        @fields { $Name:ident $how:tt $attributes:tt $setter:ident $readers:tt } $fields:tt $reads:tt $setters:tt
        $(#[doc = $doc:tt])+
        $(#[serde($($field_serde:tt)+)])?
        $(#[read($read:tt)])?
        $(#[skip_if($skip:tt)])?
        $(#[setter($own:ident)])?
        $(#[add($add:ident)])?
        pub $field:ident: $($rest:tt)+
    ) => {
        object! {
            @type $readers [$($read)?] [$($skip)?]
            {
                { $Name $how $attributes $setter $readers } $fields $reads $setters
                $field [$($doc)+] { $(#[doc = $doc])+ $(#[serde($($field_serde)+)])? } [$($($field_serde)+)?]
                [$($own)? $setter] [$($add)?]
            }
            $($rest)+
        }
    };
    (@type [$strict:tt $int:tt $list:tt $any:tt] [$($r:tt)?] [$($s:tt)?] $field:tt Option<i64>, $($rest:tt)*) => {
        object! { @field $field integer [Option<i64>] [i64] [$($r)? $int] [$($s)? "Option::is_none"] $($rest)* }
    };
    (@type [$strict:tt $int:tt $list:tt $any:tt] [$($r:tt)?] [$($s:tt)?] $field:tt Option<$T:ty>, $($rest:tt)*) => {
        object! { @field $field option [Option<$T>] [$T] [$($r)? $any] [$($s)? "Option::is_none"] $($rest)* }
    };
    (@type [$strict:tt $int:tt $list:tt $any:tt] [$($r:tt)?] [$($s:tt)?] $field:tt Vec<$T:ty>, $($rest:tt)*) => {
        object! { @field $field list [Vec<$T>] [$T] [$($r)? $list] [$($s)? "Vec::is_empty"] $($rest)* }
    };
    (@type [$strict:tt $int:tt $list:tt $any:tt] [$($r:tt)?] [$($s:tt)?] $field:tt BTreeMap<$K:ty, $V:ty>, $($rest:tt)*) => {
        object! {
            @field $field map [BTreeMap<$K, $V>] [$K, $V] [$($r)? $any] [$($s)? "BTreeMap::is_empty"] $($rest)*
        }
    };
    (@type [$strict:tt $int:tt $list:tt $any:tt] [$($r:tt)?] [$($s:tt)?] $field:tt $T:ty, $($rest:tt)*) => {
        object! { @field $field value [$T] [$T] [$($r)? $any] [$($s)? "crate::api::lenient::never"] $($rest)* }
    };
    (
        @field
        {
            $object:tt { $($fields:tt)* } { $($reads:tt)* } { $($setters:tt)* }
            $field:ident $docs:tt { $($attributes:tt)+ } $wire:tt [$setter:ident $($_setter:ident)?] [$($add:ident)?]
        }
        $kind:ident [$T:ty] $item:tt [$read:tt $($_read:tt)?] [$skip:tt $($_skip:tt)?]
        $($rest:tt)*
    ) => {
        object! {
            @fields $object
            {
                $($fields)*
                $($attributes)+
                #[serde(skip_serializing_if = $skip)]
                pub $field: $T,
            }
            { $($reads)* { $field $wire [$T] $read } }
            {
                $($setters)*
                object! { @$setter $kind $field $docs $item }
                $(object! { @add $kind $add $field $docs $item })?
            }
            $($rest)*
        }
    };

    // The setters of an object, one for each kind of field.
    (@none $($_field:tt)+) => {};
    (@setter option $field:ident [$($doc:tt)+] [$T:ty]) => {
        #[doc = concat!("Sets", $($doc, "\n",)+)]
        pub fn $field(mut self, $field: impl Into<$T>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
    (@setter integer $field:ident [$($doc:tt)+] [$T:ty]) => {
        #[doc = concat!("Sets", $($doc, "\n",)+)]
        ///
        /// Any integer type is accepted. A number that does not fit becomes `i64::MAX`.
        pub fn $field(mut self, $field: impl TryInto<$T>) -> Self {
            self.$field = Some($field.try_into().unwrap_or(<$T>::MAX));
            self
        }
    };
    (@setter value $field:ident [$($doc:tt)+] [$T:ty]) => {
        #[doc = concat!("Sets", $($doc, "\n",)+)]
        pub fn $field(mut self, $field: impl Into<$T>) -> Self {
            self.$field = $field.into();
            self
        }
    };
    (@setter list $field:ident [$($doc:tt)+] [$T:ty]) => {
        #[doc = concat!("Adds to", $($doc, "\n",)+)]
        pub fn $field(mut self, $field: impl IntoIterator<Item = impl Into<$T>>) -> Self {
            self.$field.extend($field.into_iter().map(Into::into));
            self
        }
    };
    (@setter map $field:ident [$($doc:tt)+] [$K:ty, $V:ty]) => {
        #[doc = concat!("Adds to", $($doc, "\n",)+)]
        pub fn $field(mut self, $field: impl IntoIterator<Item = (impl Into<$K>, impl Into<$V>)>) -> Self {
            self.$field.extend($field.into_iter().map(|(key, value)| (key.into(), value.into())));
            self
        }
    };
    (@add list $add:ident $field:ident [$($doc:tt)+] [$T:ty]) => {
        #[doc = concat!("Adds one to", $($doc, "\n",)+)]
        pub fn $add(mut self, $add: impl Into<$T>) -> Self {
            self.$field.push($add.into());
            self
        }
    };
    (@add map $add:ident $field:ident [$($doc:tt)+] [$K:ty, $V:ty]) => {
        #[doc = concat!("Adds one to", $($doc, "\n",)+)]
        pub fn $add(mut self, key: impl Into<$K>, value: impl Into<$V>) -> Self {
            self.$field.insert(key.into(), value.into());
            self
        }
    };
    (@setter extra) => {
        /// Sets a field that this type does not define, replacing an earlier value.
        pub fn extra(mut self, key: impl Into<String>, value: impl Into<::serde_json::Value>) -> Self {
            self.extra.insert(key, value);
            self
        }
    };
}
pub(crate) use object;
