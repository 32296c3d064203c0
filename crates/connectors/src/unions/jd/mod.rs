//! JD Union (京东联盟).
